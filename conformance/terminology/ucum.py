"""UCUM: whether a unit is one, and conversions between units of one dimension. https://ucum.org/ucum, sections 2 and 4.

A unit is a factor and the exponents of the base units. Special units (degree Celsius, pH, bel) are recognised, not
converted.
"""

from __future__ import annotations

import re
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import cache, lru_cache

SYSTEM = "http://unitsofmeasure.org"

Dimension = tuple[tuple[str, int], ...]
Unit = tuple[Decimal, Dimension]

_PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "d": -1, "c": -2, "m": -3,
    "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40}
_BASE = ("m", "s", "g", "rad", "K", "C", "cd")

_METRIC = """
mol=6.0221367e23|sr=1 rad2|Hz=1 s-1|N=1 kg.m/s2|Pa=1 N/m2|J=1 N.m|W=1 J/s|A=1 C/s|V=1 J/C|F=1 C/V|Ohm=1 V/A
|S=1 Ohm-1|Wb=1 V.s|T=1 Wb/m2|H=1 Wb/A|lm=1 cd.sr|lx=1 lm/m2|Bq=1 s-1|Gy=1 J/kg|Sv=1 J/kg|l=1 dm3|L=1 l|ar=100 m2
|t=1000 kg|bar=100000 Pa|u=1.6605402e-24 g|eV=1.60217733e-19 J|pc=3.085678e16 m|[c]=299792458 m/s
|[h]=6.6260755e-34 J.s|[k]=1.380658e-23 J/K|[eps_0]=8.854187817e-12 F/m|[mu_0]=1.2566370614e-6 N/A2
|[e]=1.60217733e-19 C|[m_e]=9.1093897e-28 g|[m_p]=1.6726231e-24 g|[G]=6.67259e-11 m3.kg-1.s-2|[g]=9.80665 m/s2
|[ly]=1 [c].a_j|gf=1 g.[g]|Ky=1 cm-1|Gal=1 cm/s2|dyn=1 g.cm/s2|erg=1 dyn.cm|P=1 dyn.s/cm2|Bi=10 A|St=1 cm2/s
|Mx=1e-8 Wb|G=0.0001 T|Oe=79.57747154594767 A/m|Gb=0.7957747154594767 A|sb=1 cd/cm2|Lmb=0.3183098861837907 cd/cm2
|ph=0.0001 lx|Ci=37000000000 Bq|R=0.000258 C/kg|RAD=100 erg/g|REM=1 RAD|cal_[15]=4.1858 J|cal_[20]=4.1819 J
|cal_m=4.19002 J|cal_IT=4.1868 J|cal_th=4.184 J|cal=1 cal_th|tex=1 g/km|m[H2O]=9806.65 Pa|m[Hg]=133322.0 Pa|eq=1 mol
|osm=1 mol|g%=1 g/dl|kat=1 mol/s|U=1 umol/min|st=1 m3|mho=1 S|bit=1|By=8 bit|Bd=1 s-1|Cel=special|[iU]=arbitrary
|[IU]=1 [iU]|Np=special|B=special|B[SPL]=special|B[V]=special|B[mV]=special|B[uV]=special|B[10.nV]=special
|B[W]=special|B[kW]=special|[BAU]=arbitrary|[Lf]=arbitrary
"""
_OTHER = """
10*=10|10^=10|[pi]=3.14159265358979323846|%=0.01|[ppth]=0.001|[ppm]=1e-6|[ppb]=1e-9|[pptr]=1e-12
|gon=0.015707963267948967 rad|deg=0.017453292519943295 rad|'=0.0002908882086657216 rad|''=4.84813681109536e-6 rad
|min=60 s|h=3600 s|d=86400 s|a_t=365.24219 d|a_j=365.25 d|a_g=365.2425 d|a=1 a_j|wk=7 d|mo_s=29.53059 d
|mo_j=30.4375 d|mo_g=30.436875 d|mo=1 mo_j|AU=149597870691 m|atm=101325 Pa|[lbf_av]=4.4482216152605 N|[in_i]=2.54 cm
|[ft_i]=12 [in_i]|[yd_i]=3 [ft_i]|[mi_i]=5280 [ft_i]|[fth_i]=6 [ft_i]|[nmi_i]=1852 m|[kn_i]=1 [nmi_i]/h
|[sin_i]=1 [in_i]2|[sft_i]=1 [ft_i]2|[syd_i]=1 [yd_i]2|[cin_i]=1 [in_i]3|[cft_i]=1 [ft_i]3|[cyd_i]=1 [yd_i]3
|[bf_i]=144 [in_i]3|[cr_i]=128 [ft_i]3|[mil_i]=0.001 [in_i]|[cml_i]=5.067074790974977e-10 m2|[hd_i]=4 [in_i]
|[ft_us]=0.3048006096012192 m|[yd_us]=3 [ft_us]|[in_us]=0.0254000508001016 m|[rd_us]=16.5 [ft_us]|[ch_us]=4 [rd_us]
|[lk_us]=0.01 [ch_us]|[rch_us]=100 [ft_us]|[rlk_us]=0.01 [rch_us]|[fth_us]=6 [ft_us]|[fur_us]=40 [rd_us]
|[mi_us]=8 [fur_us]|[acr_us]=160 [rd_us]2|[srd_us]=1 [rd_us]2|[smi_us]=1 [mi_us]2|[sct]=1 [mi_us]2|[twp]=36 [sct]
|[mil_us]=0.001 [in_us]|[in_br]=2.539998 cm|[ft_br]=12 [in_br]|[rd_br]=16.5 [ft_br]|[ch_br]=4 [rd_br]
|[lk_br]=0.01 [ch_br]|[fth_br]=6 [ft_br]|[pc_br]=2.5 [ft_br]|[yd_br]=3 [ft_br]|[mi_br]=5280 [ft_br]
|[nmi_br]=6080 [ft_br]|[kn_br]=1 [nmi_br]/h|[acr_br]=4840 [yd_br]2|[gal_us]=231 [in_i]3|[bbl_us]=42 [gal_us]
|[qt_us]=0.25 [gal_us]|[pt_us]=0.5 [qt_us]|[gil_us]=0.25 [pt_us]|[foz_us]=0.25 [gil_us]|[fdr_us]=0.125 [foz_us]
|[min_us]=0.01666666666666666667 [fdr_us]|[crd_us]=128 [ft_i]3|[bu_us]=2150.42 [in_i]3|[gal_wi]=0.125 [bu_us]
|[pk_us]=0.25 [bu_us]|[dqt_us]=0.125 [pk_us]|[dpt_us]=0.5 [dqt_us]|[tbs_us]=0.5 [foz_us]
|[tsp_us]=0.33333333333333333333 [tbs_us]|[cup_us]=16 [tbs_us]|[foz_m]=30 ml|[cup_m]=240 ml|[tsp_m]=5 ml
|[tbs_m]=15 ml|[gal_br]=4.54609 l|[pk_br]=2 [gal_br]|[bu_br]=4 [pk_br]|[qt_br]=0.25 [gal_br]|[pt_br]=0.5 [qt_br]
|[gil_br]=0.25 [pt_br]|[foz_br]=0.2 [gil_br]|[fdr_br]=0.125 [foz_br]|[min_br]=0.01666666666666666667 [fdr_br]
|[gr]=64.79891 mg|[lb_av]=7000 [gr]|[oz_av]=0.0625 [lb_av]|[dr_av]=0.0625 [oz_av]|[scwt_av]=100 [lb_av]
|[lcwt_av]=112 [lb_av]|[ston_av]=20 [scwt_av]|[lton_av]=20 [lcwt_av]|[stone_av]=14 [lb_av]|[pwt_tr]=24 [gr]
|[oz_tr]=20 [pwt_tr]|[lb_tr]=12 [oz_tr]|[sc_ap]=20 [gr]|[dr_ap]=3 [sc_ap]|[oz_ap]=8 [dr_ap]|[lb_ap]=12 [oz_ap]
|[oz_m]=28 g|[lne]=0.08333333333333333333 [in_i]|[pnt]=0.16666666666666666667 [lne]|[pca]=12 [pnt]
|[pnt_pr]=0.013837 [in_i]|[pca_pr]=12 [pnt_pr]|[pied]=32.48 cm|[pouce]=0.08333333333333333333 [pied]
|[ligne]=0.08333333333333333333 [pouce]|[didot]=0.16666666666666666667 [ligne]|[cicero]=12 [didot]|[degF]=special
|[degR]=0.55555555555555555556 K|[degRe]=special|[Cal]=1 kcal_th|[Btu_39]=1059.67 J|[Btu_59]=1054.8 J
|[Btu_60]=1054.68 J|[Btu_m]=1055.87 J|[Btu_IT]=1055.05585262 J|[Btu_th]=1054.35 J|[Btu]=1 [Btu_th]
|[HP]=550 [ft_i].[lbf_av]/s|[den]=0.11111111111111111111 g/km|[in_i'H2O]=249.08891 Pa|[in_i'Hg]=3386.3788 Pa
|[PRU]=133322000.0 Pa.s/m3|[wood'U]=1 m[Hg].min/m3|[diop]=1 m-1|[p'diop]=special|%[slope]=special
|[mesh_i]=1 [in_i]-1|[Ch]=0.33333333333333333333 mm|[drp]=0.05 ml|[hnsf'U]=1|[MET]=3.5 ml/min/kg|[hp'_X]=special
|[hp'_C]=special|[hp'_M]=special|[hp'_Q]=special|[hp_X]=arbitrary|[hp_C]=arbitrary|[hp_M]=arbitrary|[hp_Q]=arbitrary
|[kp_X]=arbitrary|[kp_C]=arbitrary|[kp_M]=arbitrary|[kp_Q]=arbitrary|[pH]=special|[S]=1e-13 s|[HPF]=1|[LPF]=100
|[arb'U]=arbitrary|[USP'U]=arbitrary|[GPL'U]=arbitrary|[MPL'U]=arbitrary|[APL'U]=arbitrary|[beth'U]=arbitrary
|[anti'Xa'U]=arbitrary|[todd'U]=arbitrary|[dye'U]=arbitrary|[smgy'U]=arbitrary|[bdsk'U]=arbitrary|[ka'U]=arbitrary
|[knk'U]=arbitrary|[mclg'U]=arbitrary|[tb'U]=arbitrary|[CCID_50]=arbitrary|[TCID_50]=arbitrary|[EID_50]=arbitrary
|[PFU]=arbitrary|[FFU]=arbitrary|[CFU]=arbitrary|[IR]=arbitrary|[AU]=arbitrary|[Amb'a'1'U]=arbitrary|[PNU]=arbitrary
|[D'ag'U]=arbitrary|[FEU]=arbitrary|[ELU]=arbitrary|[EU]=arbitrary|[NTU]=arbitrary|[FNU]=arbitrary|Ao=0.1 nm
|b=100 fm2|att=98066.5 Pa|[psi]=6894.757293168 Pa|circ=6.283185307179586 rad|sph=12.566370614359172 sr|[car_m]=0.2 g
|[car_Au]=0.04166666666666666667|[smoot]=67 [in_i]|[m/s2/Hz^0.5]=special|bit_s=special
"""


class NotUnitError(ValueError):
    """A text that UCUM's grammar or its table of units refuses."""


def valid(unit: str) -> bool:
    """True when the case-sensitive code is a UCUM unit."""
    try:
        _parsed(unit)
    except NotUnitError:
        return False
    return True


def convert(value: Decimal, unit: str, to: str) -> Decimal | None:
    """The value in another unit; None where the units don't compare (or one is special, or none at all)."""
    try:
        (factor, dimension), (target, wanted) = _parsed(unit), _parsed(to)
        if dimension != wanted or any(base == "special" for base, _ in dimension):
            return value if unit == to else None
        return value * factor / target
    except (NotUnitError, InvalidOperation, DivisionByZero, Overflow):
        return None


@lru_cache(maxsize=4096)
def _parsed(unit: str) -> Unit:
    if not unit or len(unit) > 200 or not unit.isascii() or any(c.isspace() for c in unit):
        raise NotUnitError(unit)
    parser = _Parser(unit)
    try:
        found = parser.term()
    except ArithmeticError as error:  # a power of zero, or beyond any number
        raise NotUnitError(unit) from error
    if parser.at != len(unit):
        raise NotUnitError(unit)
    return found


@cache
def _table() -> dict[str, tuple[bool, str]]:
    """Each atom to whether it takes prefixes, and its definition."""
    rows: dict[str, tuple[bool, str]] = dict.fromkeys(_BASE, (True, ""))
    for text, metric in ((_METRIC, True), (_OTHER, False)):
        for row in text.replace("\n", "").split("|"):
            name, _, definition = row.partition("=")
            rows[name] = (metric, definition)
    return rows


@cache
def _atom(name: str) -> Unit:
    definition = _table()[name][1]
    if not definition:
        return Decimal(1), ((name, 1),)
    if definition in ("special", "arbitrary"):
        return Decimal(1), ((("special" if definition == "special" else name), 1),)
    number, _, unit = definition.partition(" ")
    factor, dimension = _Parser(unit).term() if unit else (Decimal(1), ())
    return Decimal(number) * factor, dimension


_SYMBOL = re.compile(r"(?:10[*^]|[^0-9.(){}/+\-\[\]\s]|\[[^\[\]\s{}]+\])+")
_NUMBER = re.compile(r"\d+")
_EXPONENT = re.compile(r"[+-]?\d+")
_ANNOTATION = re.compile(r"\{[^{}]*\}")


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0

    def term(self) -> Unit:
        self.depth += 1
        if self.depth > 20:
            raise NotUnitError(self.text)
        found: Unit = (Decimal(1), ())
        sign = 1
        if self.text[self.at : self.at + 1] == "/":
            self.at += 1
            sign = -1
        while True:
            found = _times(found, self.component(), sign)
            operator = self.text[self.at : self.at + 1]
            if operator not in (".", "/") or not operator:
                self.depth -= 1
                return found
            sign = 1 if operator == "." else -1
            self.at += 1

    def component(self) -> Unit:
        if self.text[self.at : self.at + 1] == "(":
            self.at += 1
            found = self.term()
            if self.text[self.at : self.at + 1] != ")":
                raise NotUnitError(self.text)
            self.at += 1
            self.annotation()
            return found
        if self.annotation():
            return Decimal(1), ()
        found = self.simple()
        self.annotation()
        return found

    def annotation(self) -> bool:
        match = _ANNOTATION.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match is not None

    def simple(self) -> Unit:
        match = _NUMBER.match(self.text, self.at)
        if match and not self.text.startswith(("10*", "10^"), self.at):
            self.at = match.end()
            return Decimal(match.group()), ()
        match = _SYMBOL.match(self.text, self.at)
        if not match:
            raise NotUnitError(self.text)
        self.at = match.end()
        unit = _symbol(match.group())
        exponent = _EXPONENT.match(self.text, self.at)
        if not exponent:
            return unit
        self.at = exponent.end()
        power = int(exponent.group())
        if abs(power) > 99:
            raise NotUnitError(self.text)
        return _times((Decimal(1), ()), unit, power)


def _symbol(text: str) -> Unit:
    table = _table()
    if text in table:
        return _atom(text)
    for size in (1, 2):
        prefix, atom = text[:size], text[size:]
        if atom in table and table[atom][0]:
            factor, dimension = _atom(atom)
            if prefix in _PREFIXES:
                return factor.scaleb(_PREFIXES[prefix]), dimension
            if prefix in _BINARY:
                return factor * 2 ** _BINARY[prefix], dimension
    raise NotUnitError(text)


def _times(left: Unit, right: Unit, power: int) -> Unit:
    exponents = dict(left[1])
    for base, exponent in right[1]:
        exponents[base] = exponents.get(base, 0) + exponent * power
    dimension = tuple(sorted((base, exponent) for base, exponent in exponents.items() if exponent))
    return left[0] * right[0] ** power, dimension
