"""Sends messages that are signed by the PyPI packages to a receiver, and checks its responses."""

import os
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import standardwebhooks
import svix.webhooks

BODY = '{"data":{"deleted":true,"id":"user_1","object":"user"},"object":"event","type":"user.deleted"}'
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def send(prefix, id, sent_at, signature, body):
    headers = {
        f"{prefix}-id": id,
        f"{prefix}-timestamp": str(int(sent_at.timestamp())),
        f"{prefix}-signature": signature,
    }
    try:
        request = urllib.request.Request(os.environ["RECEIVER_URL"], body.encode(), headers)
        return opener.open(request, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


for name, prefix, library in [("svix", "svix", svix.webhooks), ("standardwebhooks", "webhook", standardwebhooks)]:
    webhook = library.Webhook(os.environ["WEBHOOK_SECRET"])
    now = datetime.now(timezone.utc)
    old = now - timedelta(minutes=10)
    id = f"msg_python_{name}"
    signature = webhook.sign(id, now, BODY)
    assert send(prefix, id, now, signature, BODY) == 204
    assert send(prefix, id, now, signature, BODY) == 204, "the event is sent again"
    assert send(prefix, id, now, signature, BODY.replace("user_1", "user_2")) == 400
    assert send(prefix, id, old, webhook.sign(id, old, BODY), BODY) == 400
print("all messages were handled")
