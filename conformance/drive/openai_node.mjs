// openai-node, plain and as AzureOpenAI (whose edits name no deployment in the path).
import fs from "node:fs";
import OpenAI, { AzureOpenAI, toFile } from "openai";
import { ADDRESS, MASK, PICTURE, PROMPT, check, expect, isPicture, kindOf, raises } from "./checks.mjs";

const MODEL = { model: "gpt-image-2", quality: "low" };

const openai = new OpenAI({ baseURL: `${ADDRESS}/v1`, apiKey: "any", maxRetries: 0 });
const azure = new AzureOpenAI({
  endpoint: ADDRESS,
  apiKey: "any",
  apiVersion: "2025-04-01-preview",
  maxRetries: 0,
});
const deployed = new AzureOpenAI({
  endpoint: ADDRESS,
  deployment: "gpt-image-2",
  apiKey: "any",
  apiVersion: "2025-04-01-preview",
  maxRetries: 0,
});

for (const [name, client, missing] of [
  ["openai-node", openai, "model_not_found"],
  ["AzureOpenAI (Node)", azure, "DeploymentNotFound"],
]) {
  await check(name, "models", "models.list", async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids.includes("gpt-image-2"), true);
  });
  await check(name, "generate", "images.generate, usage", async () => {
    const reply = await client.images.generate({ ...MODEL, prompt: PROMPT, size: "1536x1024" });
    expect(kindOf(reply.data[0].b64_json), "png 1536x1024");
    expect(reply.usage.total_tokens > 0, true);
  });
  await check(name, "generate", "n=2 as JPEG", async () => {
    const reply = await client.images.generate({ ...MODEL, prompt: PROMPT, n: 2, output_format: "jpeg" });
    expect(reply.data.map((item) => kindOf(item.b64_json)), ["jpeg", "jpeg"]);
  });
  await check(name, "edit", "createReadStream", async () => {
    const image = fs.createReadStream(PICTURE);
    isPicture((await client.images.edit({ ...MODEL, image, prompt: "add a hat" })).data[0].b64_json);
  });
  await check(name, "several", "createReadStream and toFile", async () => {
    const image = [fs.createReadStream(PICTURE), await toFile(fs.readFileSync(PICTURE), null, { type: "image/png" })];
    isPicture((await client.images.edit({ ...MODEL, image, prompt: "combine them" })).data[0].b64_json);
  });
  await check(name, "mask", "with a mask", async () => {
    const [image, mask] = [fs.createReadStream(PICTURE), fs.createReadStream(MASK)];
    isPicture((await client.images.edit({ ...MODEL, image, mask, prompt: "a balloon" })).data[0].b64_json);
  });
  await check(name, "stream", "images.generate with a preview", async () => {
    const kinds = [];
    const stream = await client.images.generate({ ...MODEL, prompt: PROMPT, stream: true, partial_images: 1 });
    for await (const event of stream) {
      isPicture(event.b64_json);
      kinds.push(event.type);
    }
    expect(kinds, ["image_generation.partial_image", "image_generation.completed"]);
  });
  await check(name, "stream", "images.edit with a preview", async () => {
    const kinds = [];
    const image = fs.createReadStream(PICTURE);
    const stream = await client.images.edit({ ...MODEL, image, prompt: "a hat", stream: true, partial_images: 1 });
    for await (const event of stream) kinds.push(event.type);
    expect(kinds, ["image_edit.partial_image", "image_edit.completed"]);
  });
  await check(name, "errors", "400 names the field", async () => {
    const error = await raises(() => client.images.generate({ ...MODEL, prompt: PROMPT, background: "transparent" }));
    expect(error.status, 400);
    expect(error.message.includes("background"), true);
  });
  await check(name, "errors", "a model that is not there", async () => {
    const error = await raises(() => client.images.generate({ model: "gpt-9", prompt: PROMPT }));
    expect([error.status, error.code], [404, missing]);
  });
}

await check("openai-node", "generate", "responses.create with the image_generation tool", async () => {
  const tools = [{ type: "image_generation", quality: "low" }];
  const { output } = await openai.responses.create({ model: "gpt-5", input: PROMPT, tools });
  isPicture(output.find((item) => item.type === "image_generation_call").result);
});
await check("openai-node", "generate", "chat.completions.create", async () => {
  const messages = [{ role: "user", content: PROMPT }];
  const reply = await openai.chat.completions.create({ model: "gpt-image-2", messages });
  isPicture(reply.choices[0].message.images[0].image_url.url.split("base64,")[1]);
});
await check("AzureOpenAI (Node)", "generate", "with `deployment`", async () => {
  const reply = await deployed.images.generate({ ...MODEL, prompt: PROMPT });
  isPicture(reply.data[0].b64_json);
});
