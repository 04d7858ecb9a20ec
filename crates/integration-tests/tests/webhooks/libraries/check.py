"""Verifies a message with the published libraries, and prints their signatures of the same message as JSON."""

import json
import sys
from datetime import datetime, timezone

import standardwebhooks
import svix.webhooks

message = json.load(sys.stdin)
key, body = message["id"], message["body"]
sent_at = datetime.fromtimestamp(int(message["timestamp"]), timezone.utc)
signatures = {}
for name, prefix, library in [("svix", "svix", svix.webhooks), ("standardwebhooks", "webhook", standardwebhooks)]:
    webhook = library.Webhook(message["secret"])
    headers = {f"{prefix}-{part}": message[part] for part in ("id", "timestamp", "signature")}
    webhook.verify(body, headers)
    try:
        webhook.verify(body + " ", headers)
    except library.WebhookVerificationError:
        pass
    else:
        sys.exit(f"{name} accepts a modified body")
    signatures[name] = webhook.sign(key, sent_at, body)
print(json.dumps(signatures))
