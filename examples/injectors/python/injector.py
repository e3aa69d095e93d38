"""A fault by a granted program: a setting of a Redis server gets another value, and its former one back.

The former value is learnt when the fault is injected, since no program is started before. It is put down in the state that
the host keeps for this fault, so whoever reverts it can read it, also after a restart.
"""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.injector import Phase, Report
from wit_world.imports import exec as programs
from wit_world.imports import state
from wit_world.imports import types

PROGRAM = "/usr/bin/redis-cli"
FORMER = "former"


def failure(code, message, retryable=False):
    return Err(types.Error(code, message, retryable))


def config(handle, *words):
    """The command that asks or sets the server's configuration. `-e`: an error is told by the exit code."""
    return programs.Command(PROGRAM, ["-e", "-p", str(handle["port"]), "CONFIG", *words], [], None, None)


def given(params, name, kind):
    """The value of a parameter; of another kind than this, it is refused."""
    value = next((param.value for param in params if param.name == name), None)
    if not isinstance(value, kind):
        raise failure(types.ErrorCode_InvalidParams(), f"the parameter `{name}` is missing or of another kind")
    return value.value


def run(command):
    output = programs.run(command)
    if output.exit_code != 0:
        said = (output.stderr or output.stdout).decode(errors="replace").strip()
        raise failure(types.ErrorCode_TargetUnreachable(), f"redis-cli failed: {said}", retryable=True)
    return output.stdout.decode(errors="replace")


def value_now(handle):
    name, _, value = run(config(handle, "GET", handle["setting"])).partition("\n")
    if not name:
        raise failure(types.ErrorCode_InvalidParams(), f"the server has no setting `{handle['setting']}`")
    return value.rstrip("\n")


def read(handle):
    """What `prepare` gave. All later calls have only this and the state: each runs in a fresh component."""
    try:
        read = json.loads(handle.data)
        return {name: read[name] for name in ("setting", "value", "port")}
    except (ValueError, KeyError, TypeError) as error:
        raise failure(types.ErrorCode_UnknownHandle(), "this is no handle of redis-setting") from error


class Injector(exports.Injector):
    def prepare(self, ctx, fault, target, params):
        if fault != "setting":
            raise failure(types.ErrorCode_InvalidParams(), f"there is no fault `{fault}`")
        handle = {name: given(params, name, types.Value_Text) for name in ("setting", "value")}
        handle["port"] = given(params, "port", types.Value_Integer)
        # A fault that could not be injected or taken back for want of a grant does not begin. Starts nothing.
        for words in (["GET", handle["setting"]], ["SET", handle["setting"], handle["value"]]):
            programs.check(config(handle, *words))
        return json.dumps(handle).encode()

    def inject(self, ctx, handle):
        handle = read(handle)
        if ctx.dry_run:
            return
        if state.get(FORMER) is None:
            former = value_now(handle)
            # Refused before anything is changed, where the way back is not granted.
            programs.check(config(handle, "SET", handle["setting"], former))
            state.put(FORMER, former.encode())
        run(config(handle, "SET", handle["setting"], handle["value"]))

    def renew(self, ctx, handle):
        """It has no lease that would have to be renewed."""
        read(handle)

    def revert(self, ctx, handle):
        handle = read(handle)
        former = state.get(FORMER)
        # Nothing was changed, or it is taken back already, or the host lets nothing be changed.
        if former is None or ctx.dry_run:
            return
        # What somebody has set meanwhile stays.
        if value_now(handle) == handle["value"]:
            run(config(handle, "SET", handle["setting"], former.decode()))

    def status(self, ctx, handle):
        handle = read(handle)
        now, former = value_now(handle), state.get(FORMER)
        if now == handle["value"] and former is not None:
            return Report(Phase.ACTIVE, f"{handle['setting']} is {now}", 1, [])
        phase = Phase.REVERTED if former is None or now == former.decode() else Phase.LOST
        return Report(phase, f"{handle['setting']} is {now}", 0, [])
