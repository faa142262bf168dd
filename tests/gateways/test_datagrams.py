"""Real datagrams on the loopback."""

import pytest

from fairlead.gateways.datagrams import Datagrams
from fairlead.gateways.errors import CannotListen
from fairlead.gateways.transport import Address


def test_datagrams_come_with_who_sent_them() -> None:
    one, two = (Datagrams(Address("127.0.0.1", 0), room=200_000) for _ in range(2))
    assert one.receive() is None
    assert two.send(b"hello", one.address)
    assert one.receive() == (b"hello", two.address)
    assert two.send(b"", one.address)
    assert one.receive() == (b"", two.address)
    assert not two.send(bytes(70_000), one.address)  # no datagram is so long
    one.close()
    two.close()


def test_a_system_that_keeps_too_few_datagrams_is_refused() -> None:
    with pytest.raises(CannotListen, match=r"keeps \d+ bytes of datagrams, expected 2147483647"):
        Datagrams(Address("127.0.0.1", 0), room=2**31 - 1)


def test_an_address_that_is_taken_or_none_is_refused() -> None:
    one = Datagrams(Address("127.0.0.1", 0), room=200_000)
    for address in (one.address, Address("192.0.2.1", 0), Address("no.such.host.invalid", 1)):
        with pytest.raises(CannotListen, match="cannot listen there"):
            Datagrams(address, room=200_000)
    one.close()


def test_a_group_is_joined_on_an_interface() -> None:
    here = "127.0.0.1"
    try:
        lines = [Datagrams(Address("239.255.42.1", 0), here, 200_000)]
        lines.append(Datagrams(lines[0].address, here, 200_000))
    except CannotListen as error:
        pytest.skip(f"no multicast here: {error}")
    sender = Datagrams(Address(here, 0), here, 200_000)
    if not sender.send(b"to all", lines[0].address):
        pytest.skip("no multicast leaves here")
    received = [line.receive() for line in lines]
    for one in (*lines, sender):
        one.close()
    assert received == [(b"to all", sender.address)] * 2
