// The next question that often follows an answer of a route. Routes of the user's own get none.
import type * as vscode from 'vscode';
import type { AnswerMetadata } from './answer-metadata';

const NEXT: Readonly<Record<string, string>> = {
  code_generation: 'Write tests for this code',
  bug_fixing: 'Write a test that fails without this fix',
  code_explanation: 'Show a small example of it',
  code_review: 'Fix what you found',
  refactoring: 'Write tests that hold the behaviour',
  testing: 'Which cases are still missing?',
  performance: 'How do I measure the difference?',
  security: 'Fix what you found',
  shell_devops: 'What can go wrong with this?',
  planning_architecture: 'Break this into small steps',
};

export function followups(metadata: AnswerMetadata | undefined): vscode.ChatFollowup[] {
  if (metadata?.model === undefined) return [];
  const next = metadata.route === undefined ? undefined : NEXT[metadata.route];
  return next === undefined ? [] : [{ prompt: next }];
}
