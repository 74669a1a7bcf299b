// Every suite, in the order they run: the quick ones first. A suite returns its parts:
// `{name, passed, failed, skipped?, missing?}`, where `missing` says what a skipped suite needs.
import { editorSuite } from './editor.mjs';
import { e2eSuite } from './e2e.mjs';
import { modelSuite } from './model.mjs';
import { lintSuite, typesSuite } from './sources.mjs';
import { vitestSuite } from './vitest.mjs';

export const suites = {
  lint: lintSuite,
  types: typesSuite,
  unit: ({ grep }) => vitestSuite({ project: 'unit', grep }),
  model: modelSuite,
  editor: editorSuite,
  e2e: e2eSuite,
};
