import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

type WithMetadata = (selector: vscode.DocumentSelector, provider: vscode.InlineCompletionItemProvider, metadata: object) => vscode.Disposable;

/** Why the suites run twice: the plain build allows what a Marketplace build refuses, so passing there says little. */
describe('proposed API', () => {
  const isAllowed = process.env['FAIRLEAD_TEST_BUILD'] === 'plain';

  it(isAllowed ? 'is open to every extension in the plain build' : 'is refused to an extension that may not use it', () => {
    const register = vscode.languages.registerInlineCompletionItemProvider as WithMetadata;
    const use = (): void => {
      register({ scheme: 'nowhere' }, { provideInlineCompletionItems: () => [] }, { groupId: 'proposed' }).dispose();
    };
    if (isAllowed) assert.doesNotThrow(use);
    else assert.throws(use, /inlineCompletionsAdditions/);
  });
});
