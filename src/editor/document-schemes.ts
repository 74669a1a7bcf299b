// Where the documents of editors lie: on this machine, on another one, in a virtual workspace, nowhere yet. The chat
// input, the output channel and diffs of Git are other schemes.

export const DOCUMENT_SCHEMES: readonly string[] = ['file', 'untitled', 'vscode-remote', 'vscode-notebook-cell', 'vscode-vfs', 'vscode-test-web'];
