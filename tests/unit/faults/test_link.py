"""The proxy of the fault schedule: each of its faults is really one, and is gone when it is mended."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest

from deploy.server_folder import free_port
from tests.faults.schedule.link import Link

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_SOON = 0.3


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1000):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.fixture
async def link() -> AsyncIterator[Link]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    made = Link("a-b", free_port(), server.sockets[0].getsockname()[1])
    await made.open()
    yield made
    await made.close()
    server.close()


async def connected(link: Link) -> Connection:
    return await asyncio.open_connection("127.0.0.1", link.port)


async def answer(connection: Connection, said: bytes) -> bytes:
    """What is echoed, cut off where the connection ends; TimeoutError where nothing comes."""
    reader, writer = connection
    writer.write(said)
    async with asyncio.timeout(_SOON):
        heard = b""
        while len(heard) < len(said) and (part := await reader.read(1000)):
            heard += part
        return heard


async def lives(connection: Connection) -> bool:
    """Whether it still carries; TimeoutError where that cannot be told."""
    try:
        return await answer(connection, b"hello") == b"hello"
    except ConnectionError:
        return False


async def test_what_is_sent_arrives_and_the_end_of_it_too(link: Link) -> None:
    reader, writer = connection = await connected(link)
    assert await lives(connection)
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), _SOON) == b""


async def test_a_reset_ends_the_connections_of_the_moment(link: Link) -> None:
    connection = await connected(link)
    assert await lives(connection)
    link.reset()
    assert not await lives(connection)
    assert await lives(await connected(link))


async def test_a_cut_network_takes_nobody_in_until_it_is_mended(link: Link) -> None:
    link.cut()
    assert not await lives(await connected(link))
    link.mend()
    assert await lives(await connected(link))


async def test_a_frozen_network_holds_back_and_loses_nothing(link: Link) -> None:
    connection = await connected(link)
    assert await lives(connection)
    link.freeze()
    with pytest.raises(TimeoutError):
        await answer(connection, b"frozen")
    link.mend()
    assert await asyncio.wait_for(connection[0].readexactly(6), _SOON) == b"frozen"


async def test_a_half_open_connection_swallows_everything_and_new_ones_are_whole(link: Link) -> None:
    connection = await connected(link)
    assert await lives(connection)
    link.half_open()
    with pytest.raises(TimeoutError):
        await answer(connection, b"swallowed")
    link.mend()
    with pytest.raises(TimeoutError):
        await answer(connection, b"swallowed too")
    assert await lives(await connected(link))
    link.give_up_half_open()
    assert not await lives(connection)


async def test_a_torn_message_arrives_in_part_and_the_connection_ends(link: Link) -> None:
    connection = await connected(link)
    assert await lives(connection)
    link.tear(3)
    connection[1].write(b"a message")
    await connection[1].drain()
    await asyncio.sleep(0.001)
    connection[1].write(b" and what follows it")
    heard = b""
    with suppress(ConnectionError):
        while part := await asyncio.wait_for(connection[0].read(1000), _SOON):
            heard += part
    assert heard in (b"", b"a m")
    assert await lives(await connected(link))


async def test_a_slow_network_takes_its_time(link: Link) -> None:
    connection = await connected(link)
    began = time.monotonic()
    link.slow_down(0.05, None)
    assert await lives(connection)
    assert time.monotonic() - began >= 0.05


async def test_a_fault_that_nobody_suffers_from_is_no_hit(link: Link) -> None:
    for inflict in (Link.reset, Link.cut, Link.half_open, Link.freeze, lambda link: link.tear(3)):
        inflict(link)
        link.mend()
    assert link.hits == 0


@pytest.mark.parametrize("inflict", [Link.reset, Link.cut, Link.half_open])
async def test_each_connection_that_suffers_is_a_hit(link: Link, inflict: Callable[[Link], None]) -> None:
    for connection in [await connected(link) for _ in range(2)]:
        assert await lives(connection)
    inflict(link)
    assert link.hits == 2


@pytest.mark.parametrize("inflict", [Link.freeze, lambda link: link.tear(3), lambda link: link.slow_down(0.01, None)])
async def test_a_message_that_suffers_is_a_hit(link: Link, inflict: Callable[[Link], None]) -> None:
    connection = await connected(link)
    assert await lives(connection)
    inflict(link)
    with suppress(TimeoutError, ConnectionError):
        await answer(connection, b"a message")
    assert link.hits


async def test_a_connection_that_goes_half_open_once_is_one_hit(link: Link) -> None:
    assert await lives(await connected(link))
    link.half_open()
    link.half_open()
    assert link.hits == 1


async def test_who_comes_during_a_cut_is_a_hit(link: Link) -> None:
    link.cut()
    assert not await lives(await connected(link))
    assert link.hits


async def test_a_connection_that_is_being_made_when_the_network_is_cut_does_not_live(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = asyncio.open_connection

    async def cut_meanwhile(host: str, port: int) -> Connection:
        made = await connect(host, port)
        if port == link.target:
            link.cut()
        return made

    monkeypatch.setattr(asyncio, "open_connection", cut_meanwhile)
    assert not await lives(await connected(link))
    assert link.hits
