// Verifies a message with the published libraries, and prints their signatures of the same message as JSON.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = process.env.LIBRARIES;
const require = createRequire(join(folder, "package.json"));
const { verifyWebhook } = require("@clerk/backend/webhooks");
const libraries = { svix: require("svix").Webhook, standardwebhooks: require("standardwebhooks").Webhook };

const { secret, id, timestamp, signature, body } = JSON.parse(readFileSync(0, "utf8"));
const headers = (prefix) => ({
  [`${prefix}-id`]: id,
  [`${prefix}-timestamp`]: timestamp,
  [`${prefix}-signature`]: signature,
});
const modified = body + " ";

const signatures = {};
for (const [name, Webhook] of Object.entries(libraries)) {
  const webhook = new Webhook(secret);
  const accepted = headers(name === "svix" ? "svix" : "webhook");
  webhook.verify(body, accepted);
  assert.throws(() => webhook.verify(modified, accepted), name);
  signatures[name] = webhook.sign(id, new Date(Number(timestamp) * 1000), body);
}

const request = (text) =>
  new Request("http://localhost/webhooks", { method: "POST", headers: headers("svix"), body: text });
const event = await verifyWebhook(request(body), { signingSecret: secret });
assert.equal(event.type, JSON.parse(body).type);
assert.deepEqual(event.data, JSON.parse(body).data);
await assert.rejects(verifyWebhook(request(modified), { signingSecret: secret }));

// A new home directory, so that the command line has no configuration and sends no telemetry.
const home = mkdtempSync(join(tmpdir(), "clerk-"));
const run = (text) => {
  const file = join(home, "body.json");
  writeFileSync(file, text);
  const options = ["--id", id, "--timestamp", timestamp, "--signature", signature, "--payload", `@${file}`];
  return execFileSync(
    join(folder, "node_modules/.bin/clerk"),
    ["webhooks", "verify", "--json", "--secret", secret, ...options],
    { encoding: "utf8", env: { ...process.env, HOME: home }, stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 },
  );
};
assert.equal(JSON.parse(run(body)).valid, true);
assert.throws(() => run(modified), /no signature entry matched/);

console.log(JSON.stringify(signatures));
