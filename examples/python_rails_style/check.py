"""Tries the whole application as its users do: bin/demo --check.

It starts app.py as a process on a free port, requests every feature with a real client, prints what it got, one line
each, and stops it again. It exits non-zero if anything is not as it should be, the server's log included.
"""

import asyncio
import contextlib
import os
import re
import signal
import sys
import tempfile
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPResponse
from tornado.websocket import websocket_connect

APP = Path(__file__).resolve().parent / "app.py"
HTML, JSON, PROBLEM = "text/html; charset=UTF-8", "application/json; charset=UTF-8", "application/problem+json"
AS_BROWSER, AS_PROGRAM = {"Accept": "text/html,*/*;q=0.8"}, {"Accept": "application/json"}
ALL_TOGETHER, START, STOP, REQUEST = 90, 20, 10, 10  # the most seconds that each may take

surprises: list[str] = []


def note(line: str, *wrong: str) -> None:
    """Prints what was got, and what is wrong with it."""
    print(f"{'BAD' if wrong else 'ok '}  {line}", flush=True)
    for each in wrong:
        print(f"       {each}", flush=True)
        surprises.append(each)


class Server:
    """app.py as a process. Its output is read as it comes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.base = ""
        self._ready = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, port: str = "0") -> "Server":
        """Starts the process in a folder that is not its own, and returns when it listens or has ended."""
        environment = {**os.environ, "PORT": port, "ADDRESS": "127.0.0.1", "DEBUG": ""}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(APP)),
            env=environment,
            cwd=tempfile.gettempdir(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        server = cls(process)
        try:
            await asyncio.wait_for(server._ready.wait(), START)
        except asyncio.TimeoutError:
            await server.kill()
            raise SystemExit("demo --check: the server did not start:\n" + "\n".join(server.lines)) from None
        return server

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip())
            found = re.search(r" is on (http://\S+:\d+)/", self.lines[-1])
            if found:
                self.base = found[1]
                self._ready.set()
        self._ready.set()

    async def stop(self, number: signal.Signals) -> None:
        """Sends a signal. The process must end by itself, with 0, and no error in its log."""
        self.process.send_signal(number)
        wrong = []
        try:
            code = await asyncio.wait_for(self.process.wait(), STOP)
            await self._reader
            if code != 0:
                wrong.append(f"it exited with {code}")
            if "Squadron has stopped." not in self.lines:
                wrong.append("it did not say that it has stopped")
        except asyncio.TimeoutError:
            await self.kill()
            wrong.append(f"it still ran {STOP} seconds later")
        bad = [line for line in self.lines if re.match(r"\[[EC] |Traceback|\w*(Error|Warning)\b|.*was never", line)]
        if bad:
            wrong.append("its log has: " + "\n         ".join(["", *self.lines]))
        how = "stopped in time, with a clean log" if not wrong else "the server did not stop as it should"
        note(f"{number.name}: {how} ({len(self.lines)} lines)", *wrong)

    async def kill(self) -> None:
        """Ends the process in any case."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await self._reader


class Client:
    """A client that keeps cookies, as a browser does, but shows each redirect."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.cookies: dict[str, str] = {}

    async def ask(
        self,
        method: str,
        path: str,
        status: int,
        *has: str,
        form: dict[str, str] | bytes | None = None,
        send: dict[str, str] | None = None,
        **headers: str,
    ) -> HTTPResponse:
        """Requests a path. `has` must be in the body; `headers` must be the response's (with _ for -)."""
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        response = await AsyncHTTPClient().fetch(
            self.base + path,
            method=method,
            headers={**(cookie if self.cookies else {}), **(send or {})},
            body=urlencode(form) if isinstance(form, dict) else form,
            allow_nonstandard_methods=True,
            follow_redirects=False,
            raise_error=False,
            request_timeout=REQUEST,
        )
        for line in response.headers.get_list("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        self.cookies = {name: value for name, value in self.cookies.items() if value}
        text = response.body.decode(errors="replace").replace("&#39;", "&#x27;")  # Tornado 6.2 writes it so
        wrong = [f"expected status {status}"] if response.code != status else []
        wrong += [f"expected in the body: {each}" for each in has if each not in text]
        for header, value in headers.items():
            got = response.headers.get(header.replace("_", "-"))
            if got != value:
                wrong.append(f"expected {header}: {value}, got {got}")
        if method == "HEAD" and response.body:
            wrong.append("a HEAD has a body")
        note(f"{method:7} {path:34} {response.code}  {_bit(response)}", *wrong)
        return response


def _bit(response: HTTPResponse) -> str:
    """What tells most about a response, in a few words."""
    for header in ("Location", "Allow"):
        if header in response.headers:
            return f"{header}: {response.headers[header]}"
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if not response.body:
        return f"{kind or 'no content'}, empty"
    if kind.startswith("image/"):
        return f"{kind}, {len(response.body)} bytes"
    text = response.body.decode(errors="replace")
    found = re.search(r"(?s)<h1>(.*?)</h1>", text) or re.search(r"(?s)<title>(.*?)</title>", text)
    text = " ".join((found[1] if found else text).split())
    return f"{kind}: {text if len(text) <= 60 else text[:57] + '...'}"


def _token(response: HTTPResponse) -> str:
    """The XSRF token in a page's form."""
    found = re.search(r'name="_xsrf" value="([^"]+)"', response.body.decode())
    if not found:
        note("the form", "it has no XSRF token")
    return found[1] if found else ""


async def try_pages(client: Client) -> None:
    """What anyone can see."""
    await client.ask("GET", "/", 200, "TheViper", "Radio check", Content_Type=HTML)
    await client.ask("GET", "/main/index/1/TheViper", 200, "{&#x27;id&#x27;: &#x27;1&#x27;, &#x27;name&#x27;")
    await client.ask("GET", "/user/login", 200, 'name="password"')
    await client.ask("GET", "/notes", 200, "briefing", "tyres")
    await client.ask("GET", "/notes", 200, '"author":"Kestrel"', send=AS_PROGRAM, Content_Type=JSON, Vary="Accept")
    await client.ask("GET", "/notes", 406, send={"Accept": "image/png"}, Vary="Accept")
    await client.ask("GET", "/notes/show/2", 200, '"id":2,"author":"Kestrel"', send=AS_PROGRAM, Content_Type=JSON)
    await client.ask("GET", "/notes/index", 200, "briefing", "tyres")
    await client.ask("GET", "/notes?words=tyres&limit=1", 200, "tyres")
    await client.ask("GET", "/notes/show/1", 200, "Note 1")
    await client.ask("GET", "/people/1", 302, Location="/main/index/1/TheViper")
    await client.ask("GET", "/home", 301, Location=f"{client.base}/")
    await client.ask("GET", "/notes/?words=a", 301, Location="/notes?words=a")
    await client.ask("GET", "/notes/new", 302, Location="/user/login?next=%2Fnotes%2Fnew")
    await client.ask("GET", "/health", 200, '"ok"', Content_Type=JSON)


async def try_methods(client: Client) -> None:
    """HEAD, OPTIONS and 405, which the layer answers; a plain handler's stay Tornado's."""
    await client.ask("HEAD", "/notes", 200, Content_Type=HTML)
    await client.ask("HEAD", "/user/login", 200, Content_Type=HTML)
    await client.ask("OPTIONS", "/user/login", 204, Allow="GET, HEAD, POST, OPTIONS")
    await client.ask("OPTIONS", "/notes", 204, Allow="GET, HEAD, OPTIONS")
    await client.ask("GET", "/user/logout", 405, Allow="POST, OPTIONS")
    await client.ask("DELETE", "/notes/show/1", 405, "405", send=AS_BROWSER, Allow="GET, HEAD, OPTIONS")
    await client.ask("GET", "/notes/create", 405, send=AS_PROGRAM, Allow="POST, OPTIONS", Content_Type=PROBLEM)
    await client.ask("OPTIONS", "/health", 405, "405")


async def try_errors(client: Client) -> None:
    """Requests that are wrong, from a browser and from a program."""
    await client.ask("GET", "/nowhere", 404, "To the home page", send=AS_BROWSER)
    await client.ask("GET", "/nowhere", 404, "404")
    await client.ask("GET", "/main/index/99/Nobody", 404, "To the home page", send=AS_BROWSER)
    await client.ask("GET", "/notes/show/99", 404, "To the home page", send=AS_BROWSER)
    await client.ask("GET", "/notes/show/99", 404, send=AS_PROGRAM, Content_Type=PROBLEM)
    await client.ask("GET", "/notes/show/99", 404, "# 404 Not Found", send={"Accept": "text/markdown"})
    await client.ask("GET", "/notes/show/abc", 404, "note_id", send=AS_BROWSER, Content_Type=HTML)
    await client.ask("GET", "/notes/show/abc", 404, '"note_id"', send=AS_PROGRAM, Content_Type=PROBLEM)
    await client.ask("GET", "/notes?limit=many", 400, "limit", send=AS_BROWSER, Content_Type=HTML)
    await client.ask("GET", "/notes?limit=0", 400, '"limit"', send=AS_PROGRAM, Content_Type=PROBLEM)
    await client.ask("GET", "/notes?words=%ff", 400, send=AS_BROWSER, Content_Type=HTML)
    await client.ask("GET", "/notes?words=%zz", 400, send=AS_PROGRAM, Content_Type=PROBLEM)
    await client.ask("GET", "/notes/show/%ff", 400, send=AS_BROWSER)


async def try_static(client: Client) -> None:
    """Files, and that a second request of the same is spared the body."""
    await client.ask("GET", "/static/style.css", 200, "body {", Content_Type="text/css")
    await client.ask("GET", "/static/logo.svg", 200, "<svg", Content_Type="image/svg+xml")
    image = await client.ask("GET", "/static/logo.png", 200, Content_Type="image/png")
    if not image.body.startswith(b"\x89PNG"):
        note("/static/logo.png", "it is no PNG")
    await client.ask("GET", "/static/logo.png", 304, send={"If-None-Match": image.headers.get("Etag", "")})
    await client.ask("HEAD", "/static/logo.png", 200, Content_Length=str(len(image.body)))
    await client.ask("GET", "/static/nothing.png", 404)
    await client.ask("GET", "/static/%2e%2e/app.py", 403)


async def try_signing_in(client: Client) -> None:
    """The login form, notes, and signing out, as a browser goes through them."""
    page = await client.ask("GET", "/user/login", 200)
    token = _token(page)
    right = {"name": "TheViper", "password": "top-gun"}
    await client.ask("POST", "/user/login", 403, form=right, send=AS_BROWSER)  # without the token
    wrong = {"_xsrf": token, "name": "TheViper", "password": "bottom-gun"}
    await client.ask("POST", "/user/login", 403, "No such name", form=wrong, send=AS_BROWSER)
    await client.ask("POST", "/notes/create", 403, form={"_xsrf": token, "text": "Me?"}, send=AS_BROWSER)
    await client.ask("POST", "/user/login", 303, form={"_xsrf": token, **right}, Location="/notes")
    token = _token(await client.ask("GET", "/notes/new", 200, "Write a note", "Sign out"))

    text = {"_xsrf": token, "text": "<b>Bold</b> & brief: über uns"}
    await client.ask("POST", "/notes/create", 303, form=text, Location="/notes/show/3")
    await client.ask("GET", "/notes/show/3", 200, "&lt;b&gt;Bold&lt;/b&gt; &amp; brief: über uns", "Remove it")
    as_json = {"Content-Type": "application/json", "X-XSRFToken": token, **AS_PROGRAM}
    await client.ask("POST", "/notes/create", 303, form=b'{"text": "By JSON"}', send=as_json, Location="/notes/show/4")
    await client.ask("POST", "/notes/create", 400, form=b'{"text": ', send=as_json, Content_Type=PROBLEM)
    # A form that makes no note is shown again, with what was in it and what is wrong with it.
    await client.ask("POST", "/notes/create", 422, "word or two", form={"_xsrf": token, "text": " "}, send=AS_BROWSER)
    await client.ask("POST", "/notes/create", 422, "word or two", form={"_xsrf": token}, send=AS_BROWSER)
    long = {"_xsrf": token, "text": "<x>" * 94}
    await client.ask("POST", "/notes/create", 422, "this has 282", "&lt;x&gt;&lt;x&gt;", form=long, send=AS_BROWSER)
    await client.ask("POST", "/notes/create", 422, '{"problems":[', form=b'{"text": ""}', send=as_json)
    await client.ask("POST", "/notes/create", 400, form=f"_xsrf={token}&text=%ff".encode(), send=AS_BROWSER)
    await client.ask("GET", "/main/index/1/TheViper", 200, "By JSON")
    await client.ask("POST", "/notes/remove/1", 403, "Only Marigold may", form={"_xsrf": token}, send=AS_BROWSER)
    await client.ask("POST", "/notes/remove/4", 303, form={"_xsrf": token}, Location="/notes")
    await client.ask("GET", "/notes/show/4", 404)
    await client.ask("POST", "/user/logout", 303, form={"_xsrf": token}, Location="/")
    await client.ask("GET", "/notes/new", 302)
    client.cookies["person"] = "2|1:0|10:0000000000|6:person|4:MQ==|0000"
    await client.ask("GET", "/notes/new", 302)  # a cookie that we did not sign


async def try_websocket(client: Client) -> Any:
    """Echo; the connection is handed back open, so that the server is stopped with one."""
    socket = await asyncio.wait_for(websocket_connect(client.base.replace("http", "ws", 1) + "/echo"), REQUEST)
    await socket.write_message("Tower, do you read?")
    heard = await asyncio.wait_for(socket.read_message(), REQUEST)
    note(f"WebSocket /echo: {heard!r}", *([] if heard == "Tower, do you read?" else ["it is not what was sent"]))
    return socket


async def try_events(client: Client) -> "asyncio.Future[HTTPResponse]":
    """The clock, up to its second event; it goes on, so that the server is stopped with a listener."""
    text = bytearray()
    two = asyncio.Event()

    def hear(chunk: bytes) -> None:
        text.extend(chunk)
        if text.count(b"event: tick") > 1:
            two.set()

    listening = AsyncHTTPClient().fetch(
        client.base + "/clock", streaming_callback=hear, raise_error=False, request_timeout=ALL_TOGETHER
    )
    try:
        await asyncio.wait_for(two.wait(), REQUEST)
        note(f"events /clock: {text.decode().split()[:4]} ...")
    except asyncio.TimeoutError:
        note("events /clock", f"two events are expected, there came {text!r}")
    return listening


async def try_taken_port(server: Server) -> None:
    """A second server on the same port says what is wrong, and no more."""
    second = await Server.start(port=server.base.rpartition(":")[2])
    if second.base:
        await second.kill()
    else:
        await second.process.wait()
    is_clear = second.process.returncode == 1 and len(second.lines) == 1 and "cannot listen" in second.lines[0]
    note("a taken port: " + "\n".join(second.lines), *([] if is_clear else ["expected one line and exit status 1"]))


async def check() -> None:
    server = await Server.start()
    try:
        if not server.base:
            raise SystemExit("demo --check: the server did not start:\n" + "\n".join(server.lines))
        print(f"the server is on {server.base}", flush=True)
        client = Client(server.base)
        for trial in (try_pages, try_methods, try_errors, try_static, try_signing_in):
            print(f"-- {trial.__name__.replace('_', ' ')}", flush=True)
            await trial(client)
        print("-- try the rest", flush=True)
        socket = await try_websocket(client)
        listening = await try_events(client)
        await try_taken_port(server)
        await server.stop(signal.SIGTERM)
        socket.close()
        with contextlib.suppress(HTTPClientError):  # its connection ends with the server
            await asyncio.wait_for(listening, REQUEST)
    except (OSError, HTTPClientError) as error:
        note("the server", f"it does not answer: {error!r}\n         " + "\n         ".join(server.lines))
    finally:
        await server.kill()
    if not surprises:
        server = await Server.start()
        await Client(server.base).ask("GET", "/health", 200)
        await server.stop(signal.SIGINT)


def main() -> None:
    try:
        asyncio.run(asyncio.wait_for(check(), ALL_TOGETHER))
    except asyncio.TimeoutError:
        sys.exit(f"demo --check: it took too long (in all, {ALL_TOGETHER} seconds at most)")
    if surprises:
        sys.exit(f"demo --check: {len(surprises)} surprises")
    print("demo --check: all as it should be")


if __name__ == "__main__":
    main()
