"""``nearfar eval da2k``: pairs of points in place of maps of the truth."""

import json
from functools import partial
from pathlib import Path

from nearfar.cli.evaluate_run import Keeping, Said, command, judge_all
from nearfar.evaluate.da2k import read_da2k
from nearfar.evaluate.da2k_run import RULES, answered, da2k_document, da2k_samples, da2k_text
from nearfar.evaluate.predictors import Contender, contents
from nearfar.evaluate.report import DataFacts, Judged
from nearfar.evaluate.summary import spread
from nearfar.files import write_whole


def judge_points(folder: Path, first: Contender, second: Contender | None, keeping: Keeping) -> Said:
    """Return what is said of one contender, or of two on the same photographs.

    Raises:
        DataError: The folder does not hold DA-2K.
        OutputError: The folder for results holds another run, or cannot be written.
    """
    found = read_da2k(folder)
    facts = DataFacts(
        name="da2k",
        folder=str(folder),
        contents=contents(folder, without=keeping.out),
        samples=len(found.photographs),
        missing=found.missing,
    )
    chosen = [found.photographs[place] for place in spread(len(found.photographs), keeping.limit)]
    samples = da2k_samples(chosen)
    identity = {"protocol": dict(RULES), "data": {"name": facts.name, "contents": facts.contents}}

    def judged_by(contender: Contender, kept: Keeping) -> Judged:
        judge = partial(answered, contender=contender, photographs={each.name: each for each in chosen})
        return judge_all(samples, contender, judge, identity=identity, keeping=kept)

    judged = [judged_by(first, keeping)]
    if second is not None:
        judged.append(judged_by(second, keeping.beside))
    said = da2k_document(facts, judged, command=command())
    if keeping.out is not None:
        write_whole(keeping.out / "results.json", json.dumps(said, indent=1, allow_nan=False).encode())
    return Said(document=said, text=da2k_text(facts, judged), facts=facts, judged=tuple(judged))
