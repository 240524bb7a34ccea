// How a drive tells what it tried: one line of JSON for each check.

export const ADDRESS = process.env.TINTYPE_ADDRESS;
export const PICTURE = process.env.TINTYPE_PICTURE;
export const MASK = process.env.TINTYPE_MASK;
export const PROMPT = "A red apple on a table";

/** Tries `body` at once; it fails by throwing. */
export async function check(client, column, what, body) {
  const begun = performance.now();
  let detail = "";
  try {
    await body();
  } catch (error) {
    detail = `${error?.name ?? "Error"}: ${error?.message ?? error}`.slice(0, 600);
  }
  const seconds = Math.round((performance.now() - begun) / 10) / 100;
  console.log(JSON.stringify({ client, column, what, ok: !detail, detail, seconds }));
}

export function expect(fact, wanted) {
  const [is, should] = [JSON.stringify(fact), JSON.stringify(wanted)];
  if (is !== should) throw new Error(`${String(is).slice(0, 200)} is not ${should}`);
}

/** The error that the call ends with. */
export async function raises(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("no error came");
}

/** "png 1024x1024" and the like, as the picture's own bytes tell it; base64 may be given. */
export function kindOf(data) {
  const bytes = typeof data === "string" ? Buffer.from(data, "base64") : Buffer.from(data);
  if (bytes.subarray(1, 4).toString() === "PNG") return `png ${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`;
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return "jpeg";
  if (bytes.subarray(0, 4).toString() === "RIFF") return "webp";
  throw new Error(`not a picture: ${bytes.subarray(0, 12).toString("hex")}`);
}

export function isPicture(data) {
  kindOf(data);
}
