"""The checks of gates and bands: known parts, one kind of condition each, bands without gap or overlap."""

from collections.abc import Collection, Mapping, Sequence

from services.compensation.policy.checks.faults import Faults, at, repeated, unknown
from services.compensation.policy.exact import SCALE, decimal_text, millionths
from services.compensation.policy.language.conditions import Band, BandSet, Gate
from services.compensation.policy.language.document import Plan
from shared.kernel.errors import FieldError


def faults_of_conditions(plan: Plan) -> Faults:
    yield from repeated(plan.gates, "gates", "gate")
    measures = {measure.code for measure in plan.measures}
    gates = {gate.code: gate for gate in plan.gates}
    for index, gate in enumerate(plan.gates):
        yield from _faults_of_gate(gate, at("gates", index), measures, gates)
    yield from repeated(plan.bands, "bands", "band set")
    for index, bands in enumerate(plan.bands):
        place = at("bands", index)
        if bands.measure is not None and bands.measure not in measures:
            yield unknown(f"{place}/measure", "measure", bands.measure, measures)
        yield from _faults_of_bands(bands, place, gates)


def _faults_of_gate(gate: Gate, place: str, measures: Collection[str], gates: Mapping[str, Gate]) -> Faults:
    conditions = [part for part in (gate.at_least, gate.at_most, gate.top) if part is not None]
    of_gates = [name for name in ("all_of", "any_of") if getattr(gate, name) is not None]
    if of_gates:
        if gate.measure is not None or conditions or len(of_gates) > 1:
            yield FieldError(place, f"asks for {of_gates[0]} several gates and for more: make two gates of it")
        yield from _faults_of_gates_named(gate.any_of or (), f"{place}/any_of", gates, "any_of")
        yield from _faults_of_gates_named(gate.all_of or (), f"{place}/all_of", gates, "all_of", "any_of")
    elif gate.measure is None:
        remedy = "name a `measure` and its border, or several gates in `all_of` or `any_of`"
        yield FieldError(place, f"asks for nothing: {remedy}")
    elif gate.measure not in measures:
        yield unknown(f"{place}/measure", "measure", gate.measure, measures)
    if gate.measure is not None and not of_gates and len(conditions) != 1:
        yield FieldError(place, "needs either at_least or at_most (or top): write exactly one of them")
    if gate.top is not None:
        yield from _faults_of_gates_named(gate.top.among, f"{place}/top/among", gates, "all_of", "any_of", "top")


def _faults_of_gates_named(codes: Sequence[str], place: str, gates: Mapping[str, Gate], *unusable: str) -> Faults:
    """Gates that are named by code; those of an `unusable` sort are decided too late to be asked for here."""
    for index, code in enumerate(codes):
        gate = gates.get(code)
        if gate is None:
            yield unknown(f"{place}/{index}", "gate", code, gates)
        elif any(getattr(gate, sort) is not None for sort in unusable):
            yield FieldError(
                f"{place}/{index}", f"{code!r} has {' or '.join(unusable)} itself: name the gates below it"
            )


def _faults_of_bands(bands: BandSet, place: str, gates: Mapping[str, Gate]) -> Faults:
    seen: set[str] = set()
    for index, band in enumerate(bands.levels):
        if band.code in seen:
            here = f"{place}/levels/{index}/code"
            yield FieldError(here, f"the band {band.code!r} stands twice: give each a code of its own")
        seen.add(band.code)
    if bands.measure is None:
        yield from _faults_of_bands_by_gates(bands, place, gates)
    elif any(band.share is not None for band in bands.levels):
        yield from _faults_of_bands_by_shares(bands, place, gates)
    else:
        yield from _faults_of_bands_by_borders(bands, place)
    by_shares = bands.measure is not None and any(band.share is not None for band in bands.levels)
    if not by_shares and (bands.ties is not None or bands.among):
        part = "among" if bands.among else "ties"
        yield FieldError(f"{place}/{part}", "is for bands by shares: leave it out, or give each level its `share`")


def _faults_of_bands_by_gates(bands: BandSet, place: str, gates: Mapping[str, Gate]) -> Faults:
    for index, band in enumerate(bands.levels):
        here = f"{place}/levels/{index}"
        yield from _unwanted(band, here, "at_least", "below", "share", because="the band set has no measure")
        if index == 0 and band.requires is not None:
            remedy = "put a level that requires nothing below it"
            yield FieldError(
                f"{here}/requires", f"the lowest level asks for gates, so somebody could have none: {remedy}"
            )
        elif index > 0 and band.requires is None:
            yield FieldError(here, "asks for nothing: name its gates in `requires`, or give the band set a `measure`")
        yield from _faults_of_gates_named(band.requires or (), f"{here}/requires", gates)


def _faults_of_bands_by_shares(bands: BandSet, place: str, gates: Mapping[str, Gate]) -> Faults:
    for index, band in enumerate(bands.levels):
        here = f"{place}/levels/{index}"
        yield from _unwanted(band, here, "at_least", "below", "requires", because="levels here go by shares")
        if band.share is None:
            yield FieldError(f"{here}/share", "is missing: give each level its share, so that all sum to 1")
    total = sum(millionths(band.share or "0") for band in bands.levels)
    if total != SCALE:
        yield FieldError(f"{place}/levels", f"the shares sum to {decimal_text(total)}: they have to sum to exactly 1")
    if bands.ties is None:
        yield FieldError(f"{place}/ties", 'is missing: say where those with the value at a border go, "up" or "down"')
    yield from _faults_of_gates_named(bands.among, f"{place}/among", gates)


def _faults_of_bands_by_borders(bands: BandSet, place: str) -> Faults:
    for index, band in enumerate(bands.levels):
        here, is_last = f"{place}/levels/{index}", index == len(bands.levels) - 1
        yield from _unwanted(band, here, "requires", because="the band set has a measure")
        if band.at_least is None:
            yield FieldError(f"{here}/at_least", "is missing: add it")
            continue
        if index == 0 and millionths(band.at_least) != 0:
            yield FieldError(f"{here}/at_least", f"nothing covers 0 to {band.at_least}: begin the lowest band at 0")
        if band.below is None:
            if not is_last:
                yield FieldError(here, "only the highest band has no `below`: write where this band ends")
            continue
        if is_last:
            yield FieldError(
                f"{here}/below", f"nothing covers {band.below} and above: leave `below` out of the highest band"
            )
        if millionths(band.below) <= millionths(band.at_least):
            yield FieldError(f"{here}/below", "is not above at_least: correct one of them")
        if not is_last and (following := bands.levels[index + 1].at_least) is not None:
            yield from _faults_of_border(band.below, following, f"{place}/levels/{index + 1}")


def _unwanted(band: Band, place: str, *parts: str, because: str) -> Faults:
    for part in parts:
        if getattr(band, part) is not None:
            yield FieldError(f"{place}/{part}", f"does not belong here, since {because}: leave it out")


def _faults_of_border(below: str, at_least: str, place: str) -> Faults:
    if millionths(at_least) > millionths(below):
        yield FieldError(
            f"{place}/at_least", f"nothing covers {below} to {at_least}: begin at {below}, where the band before ends"
        )
    elif millionths(at_least) < millionths(below):
        yield FieldError(
            f"{place}/at_least",
            f"overlaps the band before from {at_least} to {below}: begin at {below}, where that band ends",
        )
