// The AI SDK's `generateImage` with each of its providers; the major version is the environment's.
import fs from "node:fs";
import { createAzure } from "@ai-sdk/azure";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateImage, generateText } from "ai";
import { ADDRESS, MASK, PICTURE, PROMPT, check, expect, isPicture, kindOf, raises } from "./checks.mjs";

const MAJOR = process.env.TINTYPE_MAJOR;
const picture = fs.readFileSync(PICTURE);
const mask = fs.readFileSync(MASK);
const row = (name) => `AI SDK ${MAJOR}, ${name}`;

const make = (model, prompt, more = {}) => generateImage({ model, prompt, maxRetries: 0, ...more });

async function drive(name, model, missing, providerOptions) {
  const small = { providerOptions };
  await check(name, "generate", "generateImage", async () => {
    const { image } = await make(model, PROMPT, { size: "1024x1024", ...small });
    expect(kindOf(image.uint8Array), "png 1024x1024");
  });
  await check(name, "generate", "n: 2", async () => {
    const { images } = await make(model, PROMPT, { n: 2, ...small });
    expect(images.length, 2);
    images.forEach((image) => isPicture(image.uint8Array));
  });
  await check(name, "edit", "one picture", async () => {
    isPicture((await make(model, { text: "add a hat", images: [picture] }, small)).image.uint8Array);
  });
  await check(name, "several", "two pictures", async () => {
    isPicture((await make(model, { text: "combine", images: [picture, picture] }, small)).image.uint8Array);
  });
  await check(name, "mask", "a picture and a mask", async () => {
    isPicture((await make(model, { text: "a balloon", images: [picture], mask }, small)).image.uint8Array);
  });
  await check(name, "errors", "a model that is not there", async () => {
    const error = await raises(() => make(missing.model, PROMPT));
    expect(error.statusCode, 404);
    expect(error.responseBody.includes(missing.code), true);
  });
}

const openai = createOpenAI({ baseURL: `${ADDRESS}/v1`, apiKey: "any" });
const absent = { model: openai.image("gpt-9"), code: "model_not_found" };
await drive(row("openai"), openai.image("gpt-image-2"), absent, { openai: { quality: "low" } });
await check(row("openai"), "generate", "a name that the SDK does not know", async () => {
  isPicture((await make(openai.image("tintype-illustrator"), PROMPT, { n: 2 })).images[1].uint8Array);
});

await check(row("openai"), "generate", "generateText with openai.tools.imageGeneration", async () => {
  const tools = { image_generation: openai.tools.imageGeneration({ outputFormat: "png", quality: "low" }) };
  const { steps } = await generateText({ model: openai("gpt-5"), prompt: PROMPT, tools, maxRetries: 0 });
  const results = steps.flatMap((step) => step.content).filter((part) => part.type === "tool-result");
  isPicture(results[0].output.result);
});

const compatible = createOpenAICompatible({ name: "tintype", baseURL: `${ADDRESS}/v1`, apiKey: "any" });
const unknown = { model: compatible.imageModel("gpt-9"), code: "model_not_found" };
await drive(row("openai-compatible"), compatible.imageModel("gpt-image-2"), unknown, { tintype: { quality: "low" } });

const azure = createAzure({ baseURL: `${ADDRESS}/openai`, apiKey: "any" });
const undeployed = { model: azure.image("gpt-9"), code: "DeploymentNotFound" };
await drive(row("azure"), azure.image("gpt-image-2"), undeployed, { openai: { quality: "low" } });
const byDeployment = createAzure({
  baseURL: `${ADDRESS}/openai`,
  apiKey: "any",
  apiVersion: "2025-04-01-preview",
  useDeploymentBasedUrls: true,
});
await check(row("azure"), "generate", "useDeploymentBasedUrls", async () => {
  isPicture((await make(byDeployment.image("gpt-image-2"), PROMPT)).image.uint8Array);
});

const google = createGoogleGenerativeAI({ baseURL: `${ADDRESS}/v1beta`, apiKey: "any" });
const gemini = google.image("gemini-3-pro-image");
const GOOGLE = row("google");
await check(GOOGLE, "generate", "generateImage, 16:9", async () => {
  const { image } = await make(gemini, PROMPT, { aspectRatio: "16:9" });
  expect(kindOf(image.uint8Array), "png 1376x768");
});
await check(GOOGLE, "generate", "generateText with a model that draws", async () => {
  const { files } = await generateText({ model: google("gemini-3-pro-image"), prompt: PROMPT, maxRetries: 0 });
  isPicture(files[0].uint8Array);
});
if (MAJOR === "6") {
  await check(GOOGLE, "generate", "Imagen, by :predict", async () => {
    isPicture((await make(google.image("imagen-4.0-generate-001"), PROMPT)).image.uint8Array);
  });
}
await check(GOOGLE, "edit", "one picture", async () => {
  isPicture((await make(gemini, { text: "add a hat", images: [picture] })).image.uint8Array);
});
await check(GOOGLE, "several", "two pictures", async () => {
  isPicture((await make(gemini, { text: "combine", images: [picture, picture] })).image.uint8Array);
});
await check(GOOGLE, "errors", "a model that is not there", async () => {
  const error = await raises(() => generateText({ model: google("gemini-9"), prompt: PROMPT, maxRetries: 0 }));
  expect(error.statusCode, 404);
  expect(error.message.length > 20, true);
});
