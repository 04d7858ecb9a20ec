// Sends messages that are signed by the npm packages to a receiver, and checks its responses.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.LIBRARIES, "package.json"));
const { RECEIVER_URL: url, WEBHOOK_SECRET: secret } = process.env;
const body = JSON.stringify({
  data: { first_name: "Zoë <>&", id: "user_1", object: "user", updated_at: Date.now() },
  object: "event",
  timestamp: Date.now(),
  type: "user.updated",
});

async function send(prefix, id, sentAt, signature, text) {
  const headers = {
    "content-type": "application/json",
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: String(Math.floor(sentAt.getTime() / 1000)),
    [`${prefix}-signature`]: signature,
  };
  return (await fetch(url, { method: "POST", headers, body: text })).status;
}

for (const [name, prefix] of [["svix", "svix"], ["standardwebhooks", "webhook"]]) {
  const webhook = new (require(name).Webhook)(secret);
  const [now, old] = [new Date(), new Date(Date.now() - 10 * 60_000)];
  const id = `msg_js_${name}`;
  const signature = webhook.sign(id, now, body);
  assert.equal(await send(prefix, id, now, signature, body), 204);
  assert.equal(await send(prefix, id, now, signature, body), 204, "the event is sent again");
  assert.equal(await send(prefix, id, now, signature, body.replace("user_1", "user_2")), 400);
  assert.equal(await send(prefix, id, now, signature, JSON.stringify(JSON.parse(body), null, 2)), 400);
  assert.equal(await send(prefix, id, old, webhook.sign(id, old, body), body), 400);
}
console.log("all messages were handled");
