"""A server of skill.v1: what every skill does, whatever it answers.

It makes the socket, says that it lives, reads the files again at SIGUSR1, finishes and ends at SIGTERM, and refuses
what is too long, too late or too much. One thread does it all: an answer that computes for long belongs in
`asyncio.to_thread`.
"""

import asyncio
import contextlib
import enum
import json
import os
import signal
import stat
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, AsyncIterator, Iterator, NoReturn

FOLDER = Path(__file__).resolve().parent
# What setup.sh put here, and what was made of the contracts.
sys.path[:0] = [str(FOLDER / "packages"), str(FOLDER / "generated")]

import grpc  # noqa: E402
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # noqa: E402
from sarai.skill.v1 import skill_pb2, skill_pb2_grpc  # noqa: E402

TEXT_BYTES_MAX = 1 << 20
ARGUMENTS_BYTES_MAX = 1 << 20
ANSWER_BYTES_MAX = 1 << 20
MESSAGE_BYTES_MAX = 4 << 20
# Requests that are worked on at once; the next one is refused.
CALLS_MAX = 64
# Time to say that one speaks HTTP/2.
GREETING_MS_MAX = 2_000
# A supervisor that asks each second sees the beats grow.
BEAT_SECONDS = 0.2
# From SIGTERM until what is under way is given up. A supervisor kills after ten seconds.
DRAIN_SECONDS_MAX = 8
FLUSH_SECONDS_MAX = 1
# How often it looks whether the last call is over.
DRAIN_PAUSE_SECONDS = 0.02
RELOAD_ERROR_CHARS_MAX = 2_000
LANGUAGES = ("es", "en")
HEALTH_NAMES = ("sarai.skill.v1.Skill", "")
# The user of a container is not the user who calls; the socket's folder is what keeps others out.
SOCKET_MODE = 0o666
EXIT_CONFIG = 64


class DeclineReason(enum.IntEnum):
    """Why a request that was understood is not answered."""

    # Another skill, or the model alone, would serve better.
    NOT_MINE = 1
    # Something is missing or contradictory; the person can mend it.
    CANNOT = 2
    # The manifest does not grant what it would take.
    NOT_GRANTED = 3


class Declined(Exception):
    """Not an error. The sentence is for the person, in the language of the request."""

    def __init__(self, reason: DeclineReason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True)
class Request:
    """What the skill is asked; checked."""

    id: str
    text: str
    arguments: dict[str, Any]
    # "es" or "en".
    language: str


class Refused(Exception):
    """A request that nobody could answer."""


def checked(request: skill_pb2.InferRequest) -> Request:
    if len(request.text.encode()) > TEXT_BYTES_MAX:
        raise Refused(f"the text has more than {TEXT_BYTES_MAX} bytes")
    if len(request.arguments.encode()) > ARGUMENTS_BYTES_MAX:
        raise Refused(f"the arguments have more than {ARGUMENTS_BYTES_MAX} bytes")
    try:
        arguments = json.loads(request.arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise Refused(f"the arguments are no JSON: {error}") from None
    if not isinstance(arguments, dict):
        raise Refused("the arguments are no JSON object")
    language = request.language if request.language in LANGUAGES else "en"
    return Request(request.id, request.text, arguments, language)


class Service(skill_pb2_grpc.SkillServicer):
    def __init__(self, kind: Any, name: str, version: str) -> None:
        self.kind, self.name, self.version = kind, name, version
        # Replaced as a whole at a reload; a call keeps the one that it began with.
        self.skill = kind.load(FOLDER)
        self.generation = 1
        self.reload_error = ""
        self.beats = 0
        self.running = 0
        self.draining = False

    async def Describe(self, request: Any, context: grpc.aio.ServicerContext) -> skill_pb2.DescribeReply:
        return skill_pb2.DescribeReply(
            name=self.name,
            version=self.version,
            generation=self.generation,
            arguments_schema=self.skill.arguments_schema,
        )

    async def Status(self, request: Any, context: grpc.aio.ServicerContext) -> skill_pb2.StatusReply:
        return skill_pb2.StatusReply(
            generation=self.generation,
            beats=self.beats,
            calls_running=self.running,
            reload_error=self.reload_error,
        )

    async def Infer(self, request: Any, context: grpc.aio.ServicerContext) -> skill_pb2.InferReply:
        async with contextlib.aclosing(self.events(request, context)) as events:
            async for event in events:
                if event.HasField("finished"):
                    return event.finished
        raise AssertionError("an answer ends with its last event")

    async def InferStream(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[skill_pb2.InferEvent]:
        async with contextlib.aclosing(self.events(request, context)) as events:
            async for event in events:
                yield event

    async def events(self, request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[skill_pb2.InferEvent]:
        """The pieces of an answer and its last event. Cancelled from outside when the caller leaves or is late."""
        if self.draining:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the skill is ending")
        if self.running >= CALLS_MAX:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{CALLS_MAX} calls are being answered")
        with self.one_more():
            skill, reply = self.skill, skill_pb2.InferReply(generation=self.generation)
            said: list[str] = []
            try:
                async with contextlib.aclosing(skill.answer(checked(request))) as pieces:
                    async for piece in pieces:
                        if piece:
                            said.append(piece)
                            yield skill_pb2.InferEvent(text=piece)
                reply.answer.text = whole(said)
            except Refused as refused:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refused))
            except Declined as declined:
                if said:
                    await context.abort(grpc.StatusCode.INTERNAL, "declined after a part of the answer was said")
                reply.declined.reason, reply.declined.sentence = int(declined.reason), declined.sentence
            except Exception as error:
                log(f"{self.name}: call {request.id} failed: {error!r}")
                await context.abort(grpc.StatusCode.INTERNAL, "the skill failed")
            yield skill_pb2.InferEvent(finished=reply)

    @contextlib.contextmanager
    def one_more(self) -> Iterator[None]:
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1

    async def reload(self) -> None:
        try:
            # Elsewhere, so that those who are being answered do not wait for a disk.
            self.skill = await asyncio.to_thread(self.kind.load, FOLDER)
        except Exception as error:
            self.reload_error = (str(error) or repr(error))[:RELOAD_ERROR_CHARS_MAX]
            log(f"{self.name}: keeps what it had: {self.reload_error}")
        else:
            self.generation += 1
            self.reload_error = ""
            log(f"{self.name}: reloaded, generation {self.generation}")


def whole(said: list[str]) -> str:
    text = "".join(said)
    if not text:
        raise ValueError("the answer is empty")
    if len(text.encode()) > ANSWER_BYTES_MAX:
        raise ValueError(f"the answer has more than {ANSWER_BYTES_MAX} bytes")
    return text


async def beat(service: Service) -> NoReturn:
    while True:
        service.beats += 1
        await asyncio.sleep(BEAT_SECONDS)


async def reload_on_order(service: Service, ordered: asyncio.Event) -> NoReturn:
    while True:
        await ordered.wait()
        # Orders that come while it reads are one order.
        ordered.clear()
        await service.reload()


def make_way(socket: Path) -> None:
    """Removes the socket that a dead predecessor left."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(socket.lstat().st_mode):
            sys.exit(f"{socket} is there already and is no socket")
        socket.unlink()


async def run(kind: Any, name: str, version: str, socket: Path) -> None:
    loop = asyncio.get_running_loop()
    # Before anything is read: until then, SIGUSR1 would end the process.
    reload_ordered, drain_ordered = asyncio.Event(), asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, reload_ordered.set)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, drain_ordered.set)
    service = Service(kind, name, version)

    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
            ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
            ("grpc.server_handshake_timeout_ms", GREETING_MS_MAX),
            ("grpc.so_reuseport", 0),
        ]
    )
    living = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(living, server)
    skill_pb2_grpc.add_SkillServicer_to_server(service, server)
    make_way(socket)
    server.add_insecure_port(f"unix:{socket}")
    await server.start()
    socket.chmod(SOCKET_MODE)
    for served in HEALTH_NAMES:
        await living.set(served, health_pb2.HealthCheckResponse.SERVING)
    tasks = [asyncio.create_task(beat(service)), asyncio.create_task(reload_on_order(service, reload_ordered))]
    log(f"{name} {version}: serving")

    await drain_ordered.wait()
    for served in HEALTH_NAMES:
        await living.set(served, health_pb2.HealthCheckResponse.NOT_SERVING)
    service.draining = True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS_MAX):
            while service.running:
                await asyncio.sleep(DRAIN_PAUSE_SECONDS)
    await server.stop(FLUSH_SECONDS_MAX)
    for task in tasks:
        task.cancel()


def name_of(folder: Path) -> str:
    """The name in the front matter of SKILL.md."""
    for line in (folder / "SKILL.md").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key == "name":
            return value.strip()
    raise ValueError("SKILL.md has no name")


def log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def serve(kind: Any) -> None:
    """Runs a skill until SIGTERM."""
    socket = os.environ.get("SARAI_SKILL_SOCKET")
    if not socket:
        log("SARAI_SKILL_SOCKET names no socket: a skill is started by `sarai`, which says where to listen")
        sys.exit(EXIT_CONFIG)
    version = tomllib.loads((FOLDER / "sarai.skill.toml").read_text(encoding="utf-8"))["version"]
    asyncio.run(run(kind, name_of(FOLDER), version, Path(socket)))
