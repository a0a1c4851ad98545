#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A server of SMTP that writes down what clients call it under TLS (SNI, or "-").

called.py PORT KEYS FILE: the certificate is in KEYS.crt, its key in KEYS.key. Prints "ready" once it listens.
"""
import socket
import ssl
import sys
import threading

port, keys, names = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def note(_connection, name, _context):
    with open(names, "a") as file:
        file.write(f"{name or '-'}\n")


def serve(client):
    try:
        client.settimeout(60)
        client.sendall(b"220 called.test ESMTP\r\n")
        line = b""
        while octet := client.recv(1):
            line += octet
            if octet != b"\n":
                continue
            verb = line.split()[0].upper()
            line = b""
            if verb == b"EHLO":
                client.sendall(b"250-called.test\r\n250 STARTTLS\r\n")
            elif verb == b"QUIT":
                client.sendall(b"221 bye\r\n")
                return
            else:
                client.sendall(b"220 ok\r\n" if verb == b"STARTTLS" else b"250 ok\r\n")
            if verb == b"STARTTLS":
                client = context.wrap_socket(client, server_side=True)
    except OSError:
        pass
    finally:
        client.close()


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(keys + ".crt", keys + ".key")
context.sni_callback = note
listener = socket.create_server(("127.0.0.1", port))
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
