"""How an expression is written: a subset of CEL, the Common Expression Language.

Source: the grammar of https://github.com/google/cel-spec, without maps, bytes, indexes and
messages. A macro such as `contacts.exists(c, c.role == 'x')` is a call like any other here.
"""

from __future__ import annotations

from functools import cache

from lark import Lark

from metadata.expressions.syntax import Reading

GRAMMAR = r"""
    ?start: expression
    ?expression: either
               | either "?" either ":" expression        -> choice
    ?either: both ("||" both)*
    ?both: relation ("&&" relation)*
    ?relation: sum
             | relation RELATION sum                      -> binary
             | relation IN sum                            -> binary
    ?sum: product ((PLUS | MINUS) product)*
    ?product: unary
            | product TIMES unary                         -> binary
    ?unary: member
          | (NOT | MINUS) unary                           -> prefix
    ?member: primary
           | member "." NAME                              -> part
           | member "." NAME "(" [arguments] ")"          -> method
    ?primary: literal
            | NAME                                        -> name
            | NAME "(" [arguments] ")"                    -> function
            | "(" expression ")"                          -> group
            | OPEN [arguments] "]"                        -> listed
    arguments: expression ("," expression)*
    literal: NUMBER | TEXT | RAW | TRUE | FALSE | NULL

    RELATION: "==" | "!=" | "<=" | ">=" | "<" | ">"
    IN: "in"
    PLUS: "+"
    MINUS: "-"
    TIMES: "*" | "/" | "%"
    NOT: "!"
    OPEN: "["
    TRUE: "true"
    FALSE: "false"
    NULL: "null"
    NAME: /[A-Za-z_][A-Za-z0-9_]*/
    NUMBER: /([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?/
    TEXT: /"([^"\\\n]|\\.)*"|'([^'\\\n]|\\.)*'/
    RAW.2: /[rR]("[^"\n]*"|'[^'\n]*')/
    %ignore /[ \t\r\n\f]+/
    %ignore /\/\/[^\n]*/
"""


@cache
def parser() -> Lark:
    """The parser, built when it is first needed; it gives `syntax` nodes."""
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=False, transformer=Reading())
