"""A server as the API's processes run it, with a small application: `answering_program.py DESCRIPTOR HEAD_S BODY_S MOST`.

`/slow` takes a second, `/echo` answers the size of the body, anything else answers at once.
"""

import asyncio
import sys
from typing import Any

from infra.serving.asgi import inherited_listener, serve
from infra.serving.connections import Patience


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    size, more = 0, scope["path"] == "/echo"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    if scope["path"] == "/slow":
        await asyncio.sleep(1)
    content = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(content))]})
    await send({"type": "http.response.body", "body": content})


if __name__ == "__main__":
    head, body, most = float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    serve(application, inherited_listener(sys.argv[1]), patience=Patience(head=head, body=body, connections=most))
