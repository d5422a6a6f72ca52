# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Called by ``start`` to look at a mounted Windows disk."""

import json

from ..posix.errors import EndpointError
from ..posix.running import bounded
from .look import Look

# Keys and files that one look may read, and how long it may take.
THINGS, SECONDS = 200000, 120
TOO_LARGE = {"failed": "its answer is larger than what is handed over", "cut": True}


def main(arguments, check_mode):
    """Return {reader, answers} for {reads, root}; the same in check mode, since looking changes nothing.

    ``reads`` are JSON, because Ansible handles one text faster than many. If nothing can be read, the result is a
    failure with its code, such as ``no_windows``.
    """
    try:
        answers = answers_of(arguments["root"], json.loads(arguments["reads"]))
    except EndpointError as error:
        return {"failed": True, "changed": False, "code": error.code, "msg": str(error)}
    return {"changed": False, "reader": "disk", "answers": answers}


def answers_of(root, reads, things=THINGS, seconds=SECONDS):
    """Return {id: answer} for reads, answered from the Windows disk that is mounted at ``root``.

    Reads and answers have the form of windows_reads.schema.json. They are answered in a child: if it hangs in the
    kernel or is killed, only the reads that were not answered until then are lost. Raises EndpointError
    ``root_unreadable``, and ``no_windows`` if there is no Windows on the disk.
    """
    with bounded.Child(lambda board: _work(board, root, reads, things, seconds)) as child:
        has_ended = child.wait()
        told, (_until, _doing, at) = child.board.told(), child.board.now()
    return _gathered(reads, told, _cause(has_ended, child.ended_by, at))


def _work(board, root, reads, things, seconds):
    board.begin("disk", seconds)
    try:
        look = Look(root, things, seconds)
    except EndpointError as error:
        board.tell({"error": str(error), "code": error.code})
        return
    for read in reads:
        answer = look.answer(read)
        if not board.tell({"id": read["id"], "answer": answer}):
            board.tell({"id": read["id"], "answer": TOO_LARGE})


def _gathered(reads, told, cause):
    answers = {read["id"]: {"failed": cause} for read in reads}
    for one in told:
        if "error" in one:
            raise EndpointError.again(one["code"], one["error"])
        answers[one["id"]] = one["answer"]
    return answers


def _cause(has_ended, ended_by, at):
    place = " at %s" % at if at else ""
    if not has_ended:
        return "no answer within its limit%s" % place
    return "the process that checked it ended%s%s" % (place, ", by signal %d" % ended_by if ended_by else "")
