import { describe, expect, it } from 'vitest';
import { pathsOf } from '../../../src/completion/import-paths';
import { importRegion, importsOf } from '../../../src/completion/imports';
import { outlineOf } from '../../../src/completion/outline';

const SCRIPT = `#!/usr/bin/env node
// Orders.
'use strict';
import type { Order, Line as OrderLine } from './order';
import {
  sum, // of cents
  type Money,
} from '../money.js';
import defaults from './defaults';
import * as shapes from "./shapes/index";
import './polyfill';
import { readFile } from 'node:fs/promises';
const { late } = require('./late');
export * from './again';

const total = 1;
import { never } from './below';
`;

const PYTHON = `"""Orders.

import nothing
"""
from __future__ import annotations
import os, shop.money as money
from . import shapes
from ..core.box import (
    Box,  # with a lid
    Lid as Cover,
)
from .everything import *
try:
    import fast
except ImportError:
    fast = None

def total():
    from .late import never
`;

describe('the imports of a file', () => {
  it.each([
    [
      'typescript',
      SCRIPT,
      [
        ['./order', ['Order', 'Line']],
        ['../money.js', ['sum', 'Money']],
        ['./defaults', []],
        ['./shapes/index', []],
        ['./polyfill', []],
        ['./late', ['late']],
        ['./again', []],
      ],
    ],
    [
      'python',
      PYTHON,
      [
        ['__future__', ['annotations']],
        ['os', []],
        ['shop.money', []],
        ['.shapes', []],
        ['..core.box', ['Box', 'Lid']],
        ['.everything', []],
        ['fast', []],
      ],
    ],
    ['cpp', '#pragma once\n#include <vector>\n#include "shop/money.h"\n\nint main();\n#include "below.h"\n', [['shop/money.h', []]]],
    ['java', 'package com.acme.shop;\n\nimport java.util.List;\nimport static com.acme.Money.of;\nimport com.acme.core.*;\n\nclass A {}\n', [['java.util.List', []], ['com.acme.Money', []]]],
    ['markdown', 'import this\n', []],
  ] as const)('%s', (language, text, expected) => {
    expect(importsOf(text, language).map(({ from, names }) => [from, names])).toEqual(expected);
  });

  it('are the lines that stay in the prompt of a long file, and nothing else', () => {
    const { text, end } = importRegion(SCRIPT, 'typescript');
    expect(text.split('\n').slice(0, 2)).toEqual(["import type { Order, Line as OrderLine } from './order';", 'import {']);
    expect(text).toContain("} from '../money.js';\n");
    expect(text).not.toContain('use strict');
    expect(text).not.toContain('never');
    expect(SCRIPT.slice(end)).toMatch(/^\nconst total/u);
  });

  it('are read where other languages have them', () => {
    expect(importRegion('package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc main() {}\n', 'go').text).toBe('import (\n\t"fmt"\n\t"os"\n)\n');
    expect(importRegion('//! Orders.\nuse std::io;\nuse crate::{\n    money::Cents,\n};\n\nfn main() {}\n', 'rust').text).toBe('use std::io;\nuse crate::{\n    money::Cents,\n};\n');
    expect(importRegion('nothing\n', 'typescript')).toEqual({ text: '', end: 0 });
  });
});

describe('where an imported file may lie', () => {
  it.each([
    ['typescript', 'src/shop/total.ts', './order', ['src/shop/order.ts', 'src/shop/order.tsx'], 'src/shop/order/index.ts'],
    ['typescript', 'src/shop/total.ts', '../money.js', ['src/money.ts', 'src/money.tsx', 'src/money.js'], 'src/money.ts'],
    ['typescriptreact', 'src/app.tsx', './view.tsx', ['src/view.tsx'], 'src/view.tsx'],
    ['python', 'shop/core/total.py', '..money', ['shop/money.py', 'shop/money/__init__.py'], 'shop/money.py'],
    ['python', 'shop/core/total.py', 'shop.box', ['shop/box.py', 'shop/box/__init__.py'], 'src/shop/box.py'],
    ['cpp', 'lib/total.cpp', 'money.h', ['lib/money.h', 'include/money.h'], 'money.h'],
    ['java', 'app/src/main/java/com/acme/shop/A.java', 'com.acme.Money', ['app/src/main/java/com/acme/Money.java'], 'app/src/main/java/com/acme/Money.java'],
  ])('%s, in %s: %s', (language, path, from, first, among) => {
    const found = pathsOf({ from, names: [] }, { path, language });
    expect(found.slice(0, first.length)).toEqual(first);
    expect(found).toContain(among);
  });

  it.each([
    ['typescript', 'src/a.ts', '../../secret'],
    ['python', 'a.py', '..secret'],
    ['cpp', 'a.cpp', '../../../etc/passwd'],
    ['typescript', 'src/a.ts', './styles.css'],
    ['java', 'src/A.java', 'java.util.List'],
  ])('is never outside the folder, and nowhere for what is not code: %s %s %s', (language, path, from) => {
    expect(pathsOf({ from, names: [] }, { path, language })).toEqual([]);
  });

  it('is not the file itself', () => {
    expect(pathsOf({ from: './a', names: [] }, { path: 'src/a.ts', language: 'typescript' })).not.toContain('src/a.ts');
  });
});

const MODULE = `import { x } from './x';

/** Cents. */
export interface Money {
  readonly cents: number;
  readonly currency: 'EUR' | 'USD';
}

export type Pair = readonly [Money, Money];

const hidden = 1;
export const ZERO: Money = { cents: 0, currency: 'EUR' };

export async function convert(
  money: Money,
  rates: ReadonlyMap<string, number>,
): Promise<Money> {
  const rate = rates.get(money.currency);
  return { ...money, cents: money.cents * rate };
}

export const add = (a: Money, b: Money): Money => {
  return a;
};

export class Purse extends Base {
  private coins = 0;
  constructor(private readonly owner: string) {
    super();
  }
  put(money: Money): void {
    if (money.cents > 0) this.coins += 1;
  }
  private lose(): void {}
}

function secret(): void {}
`;

const PY_MODULE = `"""Money."""
import os

RATE = 1.5
_hidden = 2

@dataclass
class Box(Base):
    """A box."""
    size: int = 0

    def __init__(self, size: int) -> None:
        self.size = size

    async def fill(
        self,
        what: str,
    ) -> bool:
        return True

    def _shake(self):
        pass

def convert(cents: int, rate: float = RATE) -> int:
    return round(cents * rate)

def _own():
    pass
`;

const outline = (text: string, language: string, names: readonly string[] = [], mostChars = 2000): string => outlineOf({ text, language, names, mostChars });

describe('what a file offers', () => {
  it('in TypeScript is what it exports: types whole, functions without bodies', () => {
    expect(outline(MODULE, 'typescript')).toBe(`export interface Money {
  readonly cents: number;
  readonly currency: 'EUR' | 'USD';
}
export type Pair = readonly [Money, Money];
export const ZERO: Money = { cents: 0, currency: 'EUR' };
export async function convert(
  money: Money,
  rates: ReadonlyMap<string, number>,
): Promise<Money>;
export const add = (a: Money, b: Money): Money;
export class Purse extends Base {
  constructor(private readonly owner: string);
  put(money: Money): void;
}
`);
  });

  it('in Python is what has no underscore', () => {
    expect(outline(PY_MODULE, 'python')).toBe(`RATE = 1.5
class Box(Base):
    def __init__(self, size: int) -> None:
    async def fill(
        self,
        what: str,
    ) -> bool:
def convert(cents: int, rate: float = RATE) -> int:
`);
  });

  it('is only what was imported, also where it is exported elsewhere in the file', () => {
    expect(outline(MODULE, 'typescript', ['add', 'secret'])).toBe('export const add = (a: Money, b: Money): Money;\nfunction secret(): void {}\n');
    expect(outline(PY_MODULE, 'python', ['convert'])).toBe('def convert(cents: int, rate: float = RATE) -> int:\n');
  });

  it('is found in headers and in Java', () => {
    const header = '#pragma once\n#include <vector>\n\nstruct Money {\n  long cents;\n};\n\nlong convert(const Money& money, double rate);\n';
    expect(outline(header, 'cpp')).toBe('struct Money {\n  long cents;\n};\nlong convert(const Money& money, double rate);\n');
    const java = 'package a;\n\npublic final class Money {\n  private long cents;\n  public long cents() {\n    return cents;\n  }\n  private void hide() {}\n}\n';
    expect(outline(java, 'java')).toBe('public final class Money {\n  public long cents();\n}\n');
  });

  it('keeps to its size, in whole declarations', () => {
    const short = outline(MODULE, 'typescript', [], 120);
    expect(short.length).toBeLessThanOrEqual(120);
    expect(short).toMatch(/^export interface Money \{[^}]*\}\n/u);
  });

  it('is nothing where there is nothing', () => {
    expect(outline('', 'typescript')).toBe('');
    expect(outline('export {\n', 'typescript')).toBe('');
  });
});
