// The house rules that a machine can hold: sizes, promises, and which room may import which.
// test/architecture.test.ts holds the same directions for whoever runs the tests without lint.
import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const sizes = (lines, functionLines) => ({
  'max-lines': ['error', { max: lines, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: functionLines, skipBlankLines: true, skipComments: true }],
});

const zodNamespace = {
  selector: "ImportDeclaration[source.value='zod'] ImportSpecifier[imported.name='z']",
  message: "Write `import * as z from 'zod'`: the bundler then leaves zod's locales out (370 KB).",
};

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
  message: 'Export by name, so that one thing has one name everywhere.',
};

/** `rooms`: folders under src that may not be imported; `packages`: the only packages allowed, if given. */
const imports = (folder, { rooms, packages }) => {
  const patterns = [
    { regex: `^\\.{1,2}/(.*/)?(${rooms.join('|')})(/|$)`, message: `${folder} may not import these rooms; imports run inward only.` },
  ];
  if (packages) {
    const allowed = packages.map((name) => `${name}(/|$)`).join('|');
    patterns.push({ regex: `^(?!\\.|${allowed})`, message: `${folder} is pure: it imports ${packages.join(', ') || 'no package'} and the rooms below it.` });
  } else if (folder !== 'editor') {
    patterns.push({ regex: '^vscode$', message: 'Only src/editor knows VS Code.' });
  }
  return {
    files: [`src/${folder}/**/*.ts`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
};

const outer = ['extension', 'assembly', 'cli', 'editor', 'adapters'];
const pureFolders = ['router', 'learning', 'completion', 'settings', 'shared'];

export default tseslint.config(
  { ignores: ['dist/', 'dist-test/', '.cache/', 'node_modules/', 'samples/', 'models/', 'test-results/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...sizes(250, 50),
      'max-params': ['error', 4],
      complexity: ['error', { max: 10, variant: 'modified' }],
      'no-console': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-restricted-syntax': ['error', noDefaultExport, zodNamespace],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: pureFolders.map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      'no-restricted-globals': ['error', 'process', 'Buffer', 'require', 'fetch', '__dirname', '__filename'],
    },
  },
  imports('shared', { rooms: [...outer, 'settings', 'router', 'learning', 'completion'], packages: ['zod'] }),
  imports('settings', { rooms: [...outer, 'router', 'learning', 'completion'], packages: ['zod'] }),
  imports('router', { rooms: [...outer, 'learning', 'completion'], packages: ['zod'] }),
  imports('learning', { rooms: [...outer, 'completion'], packages: ['zod'] }),
  imports('completion', { rooms: [...outer, 'learning'], packages: ['zod'] }),
  imports('adapters', { rooms: ['extension', 'cli', 'editor'] }),
  imports('editor', { rooms: ['extension', 'cli', 'adapters'] }),
  imports('cli', { rooms: ['extension', 'editor'] }),
  { files: ['src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      ...sizes(500, 500),
      'max-params': ['error', 5],
      complexity: 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['vitest.config.mts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: globals.node },
    rules: { ...sizes(250, 60), 'max-params': ['error', 4], complexity: ['error', { max: 10, variant: 'modified' }] },
  },
);
