"""Parts of tiny diffusion pipelines, made in memory: tokenizers, encoders of text, autoencoders. No files, no network."""

from __future__ import annotations

import importlib
import os
import string
from typing import Any

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")

D: Any = pytest.importorskip("diffusers", reason="diffusion models need the extra 'diffusion'")
T: Any = pytest.importorskip("transformers", reason="diffusion models need the extra 'diffusion'")
T.utils.logging.set_verbosity_error()
D.utils.logging.set_verbosity_error()
D.utils.logging.disable_progress_bar()
T.utils.logging.disable_progress_bar()

_PRINTED = [character for character in string.printable if not character.isspace()]
_BYTES = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 256))]
_BYTES += [chr(256 + number) for number in range(256 - len(_BYTES))]  # GPT-2's letters for bytes

_CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}"
    "{% else %}{% for c in m['content'] %}{% if c.type == 'text' %}{{ c.text }}{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_QWEN_WORDS = [
    f"<|{word}|>"
    for word in ("im_start", "im_end", "vision_start", "vision_end", "vision_pad", "image_pad", "video_pad")
]


def clip_tokenizer(longest: int = 77) -> Any:
    words = {"<|startoftext|>": 0, "<|pad|>": 1, "<|endoftext|>": 2}
    for letter in _BYTES:
        for piece in (letter, letter + "</w>"):
            words.setdefault(piece, len(words))
    return T.CLIPTokenizer(vocab=words, merges=[], pad_token="<|endoftext|>", model_max_length=longest)


def t5_tokenizer(longest: int = 512) -> Any:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    pieces += [(letter, -3.0) for letter in _PRINTED]
    return T.T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=longest)


def qwen_tokenizer(longest: int = 4096) -> Any:
    tokenizer = T.Qwen2Tokenizer(
        vocab={letter: number for number, letter in enumerate(_BYTES)},
        merges=[],
        model_max_length=longest,
        chat_template=_CHAT,
    )
    tokenizer.add_special_tokens({"additional_special_tokens": _QWEN_WORDS})
    return tokenizer


def _byte_words(first: list[str]) -> dict[str, int]:
    words = {word: number for number, word in enumerate(first)}
    for code in range(256):
        words[f"<0x{code:02X}>"] = len(words)
    return words


def gemma_tokenizer(longest: int = 512) -> Any:
    words = _byte_words(["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "\u2581"])
    for letter in _PRINTED:
        words.setdefault(letter, len(words))
    return T.GemmaTokenizer(vocab=words, merges=[], model_max_length=longest)


def llama_tokenizer(longest: int = 128) -> Any:
    words = _byte_words(["<unk>", "<s>", "</s>", "\u2581"])
    tokenizer = T.LlamaTokenizer(vocab=words, merges=[], model_max_length=longest)
    tokenizer.pad_token = "</s>"
    return tokenizer


def glm_tokenizer(longest: int = 1024) -> Any:
    """What CogView4 takes: any fast tokenizer that pads on the left."""
    words = _byte_words(["<pad>", "<unk>", "<eos>", "<sop>"])
    backend = importlib.import_module("tokenizers")
    inner = backend.Tokenizer(
        backend.models.BPE(vocab=words, merges=[], byte_fallback=True, unk_token="<unk>")
    )
    inner.post_processor = backend.processors.TemplateProcessing(
        single="<sop> $A", special_tokens=[("<sop>", 3)]
    )
    return T.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        padding_side="left",
        model_max_length=longest,
    )


def _clip_config(places: int = 77) -> Any:
    return T.CLIPTextConfig(
        bos_token_id=0, eos_token_id=2, pad_token_id=1, hidden_size=32, intermediate_size=37, num_attention_heads=4,
        num_hidden_layers=3, vocab_size=1000, hidden_act="gelu", projection_dim=32, max_position_embeddings=places,
    )  # fmt: skip


def clip() -> Any:
    return T.CLIPTextModel(_clip_config())


def clip_with_projection(places: int = 77) -> Any:
    return T.CLIPTextModelWithProjection(_clip_config(places))


def t5() -> Any:
    return T.T5EncoderModel(
        T.T5Config(
            vocab_size=512, d_model=32, d_ff=37, d_kv=8, num_layers=2, num_heads=4,
            relative_attention_num_buckets=8, feed_forward_proj="gated-gelu",
        )
    )  # fmt: skip


def qwen3(layers: int = 2, *, causal: bool = False) -> Any:
    made = T.Qwen3ForCausalLM if causal else T.Qwen3Model
    return made(
        T.Qwen3Config(
            hidden_size=16, intermediate_size=16, num_hidden_layers=layers, num_attention_heads=2,
            num_key_value_heads=2, head_dim=8, vocab_size=512, max_position_embeddings=4096,
        )
    )  # fmt: skip


def qwen25() -> Any:
    tokenizer = qwen_tokenizer()
    tokens = {
        f"{name}_token_id": tokenizer.convert_tokens_to_ids(f"<|{word}|>")
        for name, word in (
            ("image", "image_pad"), ("video", "video_pad"), ("vision_start", "vision_start"), ("vision_end", "vision_end"),
        )
    }  # fmt: skip
    text = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "num_key_value_heads": 2, "vocab_size": 512, "rope_theta": 1e6,
        "rope_scaling": {"mrope_section": [1, 1, 2], "rope_type": "default", "type": "default"},
    }  # fmt: skip
    vision = {
        "depth": 2, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16,
        "patch_size": 14, "spatial_merge_size": 2, "fullatt_block_indexes": [0],
    }  # fmt: skip
    return T.Qwen2_5_VLForConditionalGeneration(
        T.Qwen2_5_VLConfig(text_config=text, vision_config=vision, hidden_size=16, vocab_size=512, **tokens)
    )


def mistral(layers: int) -> Any:
    return T.MistralForCausalLM(
        T.MistralConfig(
            hidden_size=16, intermediate_size=16, num_hidden_layers=layers, num_attention_heads=2,
            num_key_value_heads=2, head_dim=8, vocab_size=512, max_position_embeddings=2048,
        )
    )  # fmt: skip


def llama() -> Any:
    return T.LlamaForCausalLM(
        T.LlamaConfig(
            hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
            vocab_size=512, max_position_embeddings=256,
        )
    )  # fmt: skip


def gemma2(layers: int) -> Any:
    return T.Gemma2Model(
        T.Gemma2Config(
            head_dim=8, hidden_size=8, intermediate_size=16, num_attention_heads=2, num_hidden_layers=layers,
            num_key_value_heads=2, vocab_size=512, max_position_embeddings=2048,
        )
    )  # fmt: skip


def glm() -> Any:
    return T.GlmModel(
        T.GlmConfig(
            hidden_size=32, intermediate_size=8, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            head_dim=8, vocab_size=512, pad_token_id=0, eos_token_id=2,
        )
    )  # fmt: skip


def vae(channels: int, *, quant: bool = True, scaling: float = 0.3611, shift: float | None = 0.1159) -> Any:
    """Four blocks: a place of the latent picture is 8 pixels wide, as in the real ones."""
    return D.AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=channels, block_out_channels=(8,) * 4, layers_per_block=1,
        norm_num_groups=4, down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        use_quant_conv=quant, use_post_quant_conv=quant, sample_size=64, scaling_factor=scaling, shift_factor=shift,
    )  # fmt: skip


def flux2_vae() -> Any:
    return D.AutoencoderKLFlux2(
        in_channels=3, out_channels=3, latent_channels=16, block_out_channels=(8,) * 4, layers_per_block=1,
        norm_num_groups=4, down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        sample_size=64,
    )  # fmt: skip


def qwen_vae() -> Any:
    return D.AutoencoderKLQwenImage(
        base_dim=8, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True],
        latents_mean=[0.0] * 16, latents_std=[1.0] * 16,
    )  # fmt: skip


def sana_vae() -> Any:
    return D.AutoencoderDC(
        in_channels=3, latent_channels=4, attention_head_dim=2, encoder_block_types=("ResBlock",) * 4,
        decoder_block_types=("ResBlock",) * 4, encoder_block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4,
        encoder_qkv_multiscales=((),) * 4, decoder_qkv_multiscales=((),) * 4, encoder_layers_per_block=(1,) * 4,
        decoder_layers_per_block=(1,) * 4, downsample_block_type="conv", upsample_block_type="interpolate",
        decoder_norm_types="rms_norm", decoder_act_fns="silu", scaling_factor=0.41407,
    )  # fmt: skip


def movq() -> Any:
    """Kandinsky 2.2's. Its normalization is of 32 groups, whatever is said."""
    return D.VQModel(
        in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(32,) * 4, layers_per_block=1,
        norm_num_groups=4, norm_type="spatial", num_vq_embeddings=16, vq_embed_dim=4,
        down_block_types=("DownEncoderBlock2D",) * 3 + ("AttnDownEncoderBlock2D",),
        up_block_types=("AttnUpDecoderBlock2D",) + ("UpDecoderBlock2D",) * 3,
    )  # fmt: skip


def clip_eyes() -> Any:
    return T.CLIPVisionModelWithProjection(
        T.CLIPVisionConfig(
            hidden_size=32, image_size=32, patch_size=16, projection_dim=32, intermediate_size=37, num_attention_heads=4,
            num_hidden_layers=2,
        )
    )  # fmt: skip


def clip_pictures() -> Any:
    made = importlib.import_module("transformers.models.clip.image_processing_pil_clip")
    return made.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})


def flow(**settings: Any) -> Any:
    return D.FlowMatchEulerDiscreteScheduler(**settings)


class QwenProcessor:
    """Stands in for Qwen2VLProcessor, which transformers 5 cannot build without torchvision."""

    def __init__(self) -> None:
        made = importlib.import_module("transformers.models.qwen2_vl.image_processing_pil_qwen2_vl")
        self.tokenizer = qwen_tokenizer()
        self.pictures = made.Qwen2VLImageProcessorPil(
            patch_size=14, merge_size=2, min_pixels=28 * 28, max_pixels=56 * 56
        )

    def __call__(self, text: Any, images: Any = None, videos: Any = None, **_: Any) -> Any:
        texts = [text] if isinstance(text, str) else list(text)
        if images is None:
            return self.tokenizer(texts, padding=True, return_tensors="pt")
        told = self.pictures(images=images, return_tensors="pt")
        grid = iter(told["image_grid_thw"])
        filled = []
        for one in texts:
            while "<|image_pad|>" in one:
                one = one.replace("<|image_pad|>", "\0" * int(next(grid).prod() // 4), 1)
            filled.append(one.replace("\0", "<|image_pad|>"))
        tokens = self.tokenizer(filled, padding=True, return_tensors="pt")
        pad = self.tokenizer.convert_tokens_to_ids("<|image_pad|>")
        return T.BatchFeature({**tokens, **told, "mm_token_type_ids": (tokens.input_ids == pad).long()})
