# SPDX-License-Identifier: ISC
"""python_send.py smtplib|aiosmtplib PORT FILE RECIPIENT...: sends FILE, in wire format, from
me@example.org; prints each recipient that was refused with the code."""
import asyncio
import smtplib
import sys

library, port, path, *recipients = sys.argv[1:]
with open(path, "rb") as f:
    message = f.read()


async def send():
    import aiosmtplib
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=int(port), local_hostname="peer.test", start_tls=False)
    await client.connect()
    refused, _ = await client.sendmail("me@example.org", recipients, message, mail_options=["BODY=8BITMIME"])
    await client.quit()
    return refused


if library == "aiosmtplib":
    refused = asyncio.run(send())
else:
    with smtplib.SMTP("127.0.0.1", int(port), "peer.test") as client:
        refused = client.sendmail("me@example.org", recipients, message, mail_options=["BODY=8BITMIME"])
for address, reply in refused.items():
    print(address, reply[0])
