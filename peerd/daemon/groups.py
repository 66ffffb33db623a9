"""A message to a group: one for each who is in it, with an id and a receipt of its own."""

import asyncio
import secrets
from collections.abc import Container
from functools import partial
from typing import Any

from peerd.core import acl
from peerd.daemon import calls, messages, shell_acl, validation
from peerd.daemon.attachments import Copies
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.runtimes import not_known
from peerd.edges import clock
from peerd.errors import PeerdError, UnknownGroup, UsageError
from peerd.ids import new_id
from peerd.model.message import MessageId
from peerd.model.peer import ALL, GROUP_MARK, PEER_NAME, PeerName
from peerd.rpc import mail
from peerd.rpc import params as p

MESSAGE_ID_MAX_CHARS = 64
ID_MAX_CHARS = 31
"""With a dot and a peer's name it is the id of a message."""


async def sent(daemon: Daemon, who: Asker, params: p.GroupSendParams) -> mail.GroupSent:
    """Accepted, or refused, for each, and waited for beside each other. One that refuses costs no other. Raises what is
    wrong with it for all, and then nothing was stored."""
    group, id = _group(params), _id(params)
    names = _members(daemon, who, group)
    validation.body(params.body)
    own = _own_ids(daemon, id, names)
    send = partial(_one, daemon, who, group=group, call=calls.own(), copies=Copies())
    outcomes = await asyncio.gather(*(send(_for(params, own[name], name)) for name in names))
    return mail.GroupSent(
        group=group,
        id=id,
        sent=[each for each in outcomes if isinstance(each, mail.Sent)],
        errors=[each for each in outcomes if isinstance(each, mail.NotSent)],
    )


async def _one(
    daemon: Daemon, who: Asker, params: p.MessageSendParams, *, group: str, call: asyncio.Task[Any], copies: Copies
) -> mail.Sent | mail.NotSent:
    try:
        if group == ALL:
            _check_is_agent(daemon, params)
        return await messages.sent(daemon, who, params, group, call, copies)
    except PeerdError as error:
        why, peer = str(error), params.to or ""
        return mail.NotSent(peer=peer, kind=error.kind, message=why, exit=error.exit_code, retry_s=error.retry_s)


def _for(params: p.GroupSendParams, id: str, name: PeerName) -> p.MessageSendParams:
    fields: dict[str, Any] = {field: getattr(params, field) for field in p.MessageSendParams.__struct_fields__}
    return p.MessageSendParams(**(fields | {"to": name, "id": id}))


def _own_ids(daemon: Daemon, id: str, names: list[PeerName]) -> dict[PeerName, str]:
    """Of what is on record already that which it has there, whatever its peer is called since: nobody is sent it
    twice, and one that has the name of another, renamed or removed, is sent its own."""
    known = daemon.store.reader.of_group(id)
    own = {peer: each for each, peer in known.items()}
    return {name: own.get(name) or _free(f"{id}.{name}", known) for name in names}


def _free(id: str, taken: Container[MessageId]) -> str:
    """Where that of its name is another's, with a number. No name has a _, and none of them has a dot."""
    numbered = (f"{id[: MESSAGE_ID_MAX_CHARS - 2]}_{n}" for n in range(2, 10))
    return next((each for each in (id, *numbered) if each not in taken), id)


def _group(params: p.GroupSendParams) -> str:
    name = (params.to or "").removeprefix(GROUP_MARK)
    if not PEER_NAME.fullmatch(name):
        raise UsageError(
            f"{params.to!r} is not a group: write @ and its name, of a-z, 0-9 and -, at most 32 characters."
        )
    if params.reply_to is not None:
        raise UsageError("a reply goes to who asked, not to a group. Nothing was sent.")
    return name


def _id(params: p.GroupSendParams) -> str:
    id = validation.id(params.id) or new_id("m", clock.wall(), secrets.token_bytes(5))
    if len(id) > ID_MAX_CHARS:
        why = f"at most {ID_MAX_CHARS} characters to a group: each message's id has its peer's name too"
        raise UsageError(f"--id {id!r}: {why}. Nothing was sent.")
    return id


def _runs_it(daemon: Daemon, name: PeerName) -> bool:
    """What is said to everybody is said to agents: a shell, which is nobody's name there, would run it."""
    adapter = daemon.adapters.get(daemon.loop.peers[name].spec.runtime)
    return adapter is not None and shell_acl.runs_it(adapter)


def _check_is_agent(daemon: Daemon, params: p.MessageSendParams) -> None:
    """A peer whose runtime is not known just now may run what it is sent: it refuses by its name. Raises PeerdError."""
    peer = daemon.loop.peers.get(PeerName(params.to or ""))
    sent_before = daemon.store.reader.without_text(MessageId(params.id or "")) is not None
    if peer is not None and not sent_before and peer.spec.runtime not in daemon.adapters:
        raise PeerdError(f"{not_known(daemon, peer.spec.runtime)}. Nothing was sent to {peer.spec.name}.")


def _members(daemon: Daemon, who: Asker, group: str) -> list[PeerName]:
    peers = daemon.loop.peers.values()
    names = acl.members(peers, group, who.name)
    names = [each for each in names if not _runs_it(daemon, each)] if group == ALL else names
    if names:
        return names
    there = ", ".join(f"{GROUP_MARK}{each}" for each in acl.groups(peers)) or "none"
    nobody = f"nobody else is in {GROUP_MARK}{group}" if group in acl.groups(peers) else f"no group {GROUP_MARK}{group}"
    raise UnknownGroup(
        f"{nobody}. There are: {there}. `peerd edit NAME --set 'groups=[\"{group}\"]'` puts a peer into it. "
        "Nothing was sent."
    )
