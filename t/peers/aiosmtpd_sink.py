# SPDX-License-Identifier: ISC
"""aiosmtpd_sink.py FOLDER: takes mail for joe@example.test into FOLDER/N; prints its port."""
import asyncio
import os
import sys

from aiosmtpd.smtp import SMTP


class Box:
    count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address != "joe@example.test":
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        Box.count += 1
        path = os.path.join(sys.argv[1], str(Box.count))
        with open(path + ".tmp", "wb") as f:
            f.write(envelope.content)
        os.rename(path + ".tmp", path)
        return "250 2.0.0 taken"


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Box(), hostname="peer.test"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
