"""The current code of an authenticator app."""

import base64
import hashlib
import hmac
import struct
import time


def totp(secret):
    """Returns the six-digit code for a Base32 secret."""
    step = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), step, hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
