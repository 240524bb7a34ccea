// @google/genai, which asks below /v1beta.
import fs from "node:fs";
import { GoogleGenAI } from "@google/genai";
import { ADDRESS, PICTURE, PROMPT, check, expect, isPicture, kindOf, raises } from "./checks.mjs";

const ROW = "@google/genai (Node)";
const model = "gemini-3-pro-image";
const client = new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl: ADDRESS } });
const enterprise = new GoogleGenAI({ vertexai: true, apiKey: "any", httpOptions: { baseUrl: ADDRESS } });
const picture = { inlineData: { mimeType: "image/png", data: fs.readFileSync(PICTURE).toString("base64") } };

const pictures = (reply) =>
  (reply.candidates?.[0]?.content?.parts ?? []).filter((part) => part.inlineData).map((part) => part.inlineData.data);
const draw = (contents, config = {}) =>
  client.models.generateContent({ model, contents, config: { responseModalities: ["IMAGE"], ...config } });

await check(ROW, "models", "models.list, models.get", async () => {
  const names = [];
  for await (const each of await client.models.list()) names.push(each.name);
  expect(names.includes(`models/${model}`), true);
  expect((await client.models.get({ model })).name, `models/${model}`);
});
await check(ROW, "generate", "generateContent, 16:9", async () => {
  const reply = await draw(PROMPT, { imageConfig: { aspectRatio: "16:9" } });
  expect(pictures(reply).map(kindOf), ["png 1376x768"]);
  expect(reply.usageMetadata.candidatesTokenCount > 0, true);
});
await check(ROW, "generate", "Imagen, by :predict of the enterprise platform", async () => {
  const reply = await enterprise.models.generateImages({
    model: "imagen-4.0-generate-001",
    prompt: PROMPT,
    config: { numberOfImages: 1 },
  });
  isPicture(reply.generatedImages[0].image.imageBytes);
});
await check(ROW, "edit", "a picture and words", async () => {
  pictures(await draw([picture, { text: "add a hat" }])).forEach(isPicture);
});
await check(ROW, "several", "two pictures and words", async () => {
  expect(pictures(await draw([picture, picture, { text: "combine them" }])).length, 1);
});
await check(ROW, "stream", "generateContentStream", async () => {
  const found = [];
  for await (const chunk of await client.models.generateContentStream({ model, contents: PROMPT })) {
    found.push(...pictures(chunk));
  }
  expect(found.length > 0, true);
});
await check(ROW, "errors", "a model that is not there", async () => {
  const error = await raises(() => client.models.generateContent({ model: "gemini-9", contents: PROMPT }));
  expect(error.status, 404);
});
