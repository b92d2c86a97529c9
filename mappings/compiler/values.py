"""Rules that carry a value: read, converted, looked up in a table, written."""

from __future__ import annotations

from typing import Any

from conformance.syntax import Value
from mappings.coding import back_key
from mappings.compiled import Cover
from mappings.compiler import parts
from mappings.compiler.compilation import Compilation, Place
from mappings.form import Rule, Table
from mappings.notes import BLANK, DROPPED, KEPT, NOTHING


def value(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    if c.read not in rule.paths or c.write not in rule.paths:
        return ()
    site = c.site(rule, table=c.table_name(rule), kind=c.kind(rule))
    missing = place.flag() if c.write in rule.default else ""
    with c.guarded(rule, place, site):
        c.stamp(rule, place)
        if rule.use or rule.type or rule.rules:
            covers = parts.part_value(c, rule, place, site, missing)
        else:
            covers = leaf_value(c, rule, place, site, missing)
    if missing:
        default(c, rule, place, missing)
    return covers + c.conditions(rule, place)


def default(c: Compilation, rule: Rule, place: Place, missing: str) -> None:
    path, write, code = rule.path(c.write), place.write, place.code
    value = rule.default[c.write]
    literal = write.constant(path, value)

    def emit() -> None:
        with code.block(f"if {missing}:"):
            write.put(path, literal, many=isinstance(value, list), weak=True)

    place.stamps.append(emit)


def leaf_value(c: Compilation, rule: Rule, place: Place, site: int, missing: str) -> tuple[Cover, ...]:
    paths = rule.paths[c.read]
    if c.forward and rule.conversion and c.conversion(rule).whole:
        return whole_value(c, rule, place, site, missing)
    values = [place.read.leaf(path, listed=bool(rule.conversion)) for path in paths]
    listed = c.read in rule.listed
    given = " or ".join(f"({value.given})" if "is" in value.given else value.given for value in values)
    text = "[" + ", ".join(value.var for value in values) + "]" if listed else values[0].var
    whole = Value(text, given, values[0].at, others=tuple(value.at for value in values[1:]))
    with place.code.block(f"if {given}:"):
        converted(c, rule, whole, place, site, missing)
    if missing:
        place.code.add(f"else: {missing} = True")
    targets = described(c, rule, place)
    return tuple(Cover(place.read.where_leaf(path), site, targets, once=True) for path in paths)


def whole_value(c: Compilation, rule: Rule, place: Place, site: int, missing: str) -> tuple[Cover, ...]:
    """A field with all its repetitions, for a conversion that takes them together."""
    path = rule.path(c.read)
    given = place.read.test(path, "is", "valued")
    with place.code.block(f"if {given}:"):
        var = place.code.new("v")
        place.code.add(f"{var} = {place.read.key(path, whole=True)}")
        converted(c, rule, Value(var, var, place.read.at), place, site, missing)
    if missing:
        place.code.add(f"else: {missing} = True")
    return (Cover(place.read.where(path), site, described(c, rule, place)),)


def described(c: Compilation, rule: Rule, place: Place) -> tuple[str, ...]:
    return tuple(place.write.describe(path) for path in rule.paths.get(c.write, ()))


def converted(c: Compilation, rule: Rule, value: Value, place: Place, site: int, missing: str) -> None:
    """One value through its conversion and its table, and written."""
    if not rule.conversion:
        tabled(c, rule, value, place, site, missing, "")
        return
    conversion = c.conversion(rule)
    function = ("F_" if c.forward else "B_") + rule.conversion.replace("-", "_")
    if (conversion.forward if c.forward else conversion.backward) is None:
        return
    c.used.add(rule.conversion)
    code = place.code
    var = code.new("w")
    given = value.var
    if not c.forward and c.reading.references and c.read not in rule.listed:
        code.add(f"{var} = fitting({given}, {conversion.gives!r})")
        code.add(f"if {var} is not None: {var} = {function}({var}, R)")
    else:
        code.add(f"{var} = {function}({given}, R)")
    code.add(f"if F: R.flush({value.at}, {site})")
    code.add(f"if {var} is None: {noted(NOTHING, value, site)}")
    with code.block("else:"):
        gives = conversion.gives if c.forward else ""
        tabled(c, rule, Value(var, var, value.at, others=value.others), place, site, missing, gives)


def noted(kind: int, value: Value, site: int) -> str:
    """The line that notes why a value gave nothing; of what was read with it the ledger alone is told."""
    notes = [f"({kind}, {value.at}, {site}, {value.var})", *(f"({NOTHING}, {at}, {site}, None)" for at in value.others)]
    return f"N.append({notes[0]})" if len(notes) == 1 else f"N.extend(({', '.join(notes)}))"


def tabled(c: Compilation, rule: Rule, value: Value, place: Place, site: int, missing: str, gives: str) -> None:
    name = c.table_name(rule)
    if not name:
        write_value(c, rule, value.var, place, gives)
        return
    table = c.table(name)
    if c.forward:
        table_forward(c, rule, table, value, place, site, missing)
    else:
        table_backward(c, rule, table, value, place, site)


def table_forward(
    c: Compilation, rule: Rule, table: Table, value: Value, place: Place, site: int, missing: str
) -> None:
    code = place.code
    objects = any(isinstance(target, dict) for _, target in table.rows)
    rows: dict[str, Any] = {}
    for left, right in table.rows:
        rows.setdefault(left, right if right in ("", {}) else place.write.typed(rule.path(c.write), right))
    var = code.new("w")
    code.add(f"{var} = {code.constant(rows)}.get({value.var})")
    with code.block(f"if {var} is None:"):
        if table.unmapped == "keep":
            code.add(f"N.append(({KEPT}, {value.at}, {site}, {value.var}))")
            kept = f"' '.join({value.var}.split())"  # a FHIR code has single blanks
            write_value(c, rule, f"{{'code': {kept}}}" if objects else kept, place, "" if objects else "code")
        else:
            code.add(noted(DROPPED, value, site))
            if table.unmapped == "absent":
                place.write.absent(rule.path(c.write), value.var)
                place.wrote()
            elif table.unmapped == "value":
                write_value(c, rule, place.write.constant(rule.path(c.write), table.fallback), place, "")
            elif missing:
                code.add(f"{missing} = True")
    if "" in rows.values() or {} in rows.values():
        with code.block(f"elif not {var}:"):
            code.add(noted(BLANK, value, site))
            if missing:
                code.add(f"{missing} = True")
    with code.block("else:"):
        write_value(c, rule, fresh(rows, var) if objects else var, place, "")


def fresh(rows: dict[str, Any], var: str) -> str:
    """An expression for an object of a table that may be written into."""
    deep = any(
        isinstance(each, (dict, list)) for row in rows.values() if isinstance(row, dict) for each in row.values()
    )
    return f"copied({var})" if deep else f"{{**{var}}}"


def table_backward(c: Compilation, rule: Rule, table: Table, value: Value, place: Place, site: int) -> None:
    code = place.code
    rows: dict[Any, str] = {}
    for left, right in table.rows:
        if right not in ("", {}):
            rows.setdefault(back_key(right), left)
    var = code.new("w")
    code.add(f"{var} = {code.constant(rows)}.get(back_key({value.var}))")
    with code.block(f"if {var} is None:"):
        code.add(f"{var} = back_code({value.var})")
        if table.unmapped == "value":
            code.add(f"if {value.var} == {code.constant(table.fallback)}: {var} = None")
        if c.standing:  # its codes are the format's own: what has no row isn't one
            code.add(f"N.append(({DROPPED}, {value.at}, {site}, {var})); {var} = None")
        else:
            code.add(f"N.append(({KEPT}, {value.at}, {site}, {var}))")
    with code.block(f"if {var} is not None:"):
        write_value(c, rule, var, place, "code", weak=True)  # another code of the same meaning may stand there


def write_value(c: Compilation, rule: Rule, expression: str, place: Place, gives: str, weak: bool = False) -> None:
    paths = rule.paths[c.write]
    if not c.forward and rule.conversion and c.conversion(rule).whole:
        place.write.put_whole(paths[0], expression)
        place.wrote()
        return
    if c.write in rule.listed and rule.conversion:
        for number, path in enumerate(paths):
            with place.code.block(f"if {expression}[{number}]:"):
                place.write.put(path, f"{expression}[{number}]", gives=gives)
    else:
        place.write.put(paths[0], expression, gives=gives, many=bool(rule.conversion), weak=weak)
    place.wrote()
