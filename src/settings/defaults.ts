// The routes of a fresh install. Descriptions are noun-centred and disjoint, as Arch-Router's authors advise
// (model card, "usage"); a user's own list replaces them.
import type { SettingRoute } from './settings';

function route(name: string, description: string, examples: readonly string[]): SettingRoute {
  return { name, description, examples, models: [], origin: 'default' };
}

export const defaultRoutes: readonly SettingRoute[] = [
  route(
    'code_generation',
    'writing new code from a description: functions, classes, components, endpoints, scripts, small programs and features that do not exist yet; translating code to another language',
    [
      'write a function that parses ISO dates',
      'add an endpoint for uploading avatars',
      'implement this interface',
      'create a React component for the settings page',
      'I need a script that renames all these files',
      'port this class to Go',
      'generate the boilerplate for a new module',
      'add support for dark mode',
    ],
  ),
  route(
    'bug_fixing',
    'finding and repairing errors in existing code: exceptions, stack traces, crashes, wrong results, failing tests and builds, code that does not behave as intended',
    [
      'why does this test fail',
      'why do I get a KeyError here',
      'this still does not work',
      'the build fails with this message',
      'TypeError: undefined is not a function',
      'it returns the wrong total',
      'fix this',
      'the app crashes when I log out',
    ],
  ),
  route(
    'code_explanation',
    'explaining how existing code, a concept, a library or an error message works, so that the user understands it; no change to the code is asked for',
    [
      'what does this function do',
      'how does the event loop work',
      'walk me through this file',
      'what does this error message mean',
      'explain this regex',
      'why is this declared static',
      'where is the user logged in',
      'what is the difference between these two',
    ],
  ),
  route(
    'code_review',
    'reviewing existing code, a diff or a pull request: opinion on quality, risks, naming, style and correctness, without being asked to rewrite it',
    [
      'review my changes',
      'what do you think of this class',
      'any problems with this PR',
      'is this good code',
      'anything I missed before I merge',
      'does this look right to you',
    ],
  ),
  route(
    'refactoring',
    'restructuring working code without changing what it does: extracting, renaming, splitting, simplifying, removing duplication, modernising, adding types',
    [
      'split this class',
      'make this more readable',
      'convert this to async/await',
      'clean this up',
      'rename this everywhere',
      'get rid of the duplication',
      'extract this into a hook',
      'add type annotations',
    ],
  ),
  route(
    'testing',
    'writing and extending automated tests: unit, integration and end-to-end tests, mocks, fixtures, test data and coverage',
    [
      'write tests for this',
      'mock the database here',
      'which cases are not covered',
      'add a test for the empty list',
      'set up end-to-end tests',
      'cover the error path too',
    ],
  ),
  route(
    'documentation',
    'writing documentation for code: docstrings, comments, README files, API references, changelogs, release notes and usage guides',
    [
      'add docstrings',
      'write a README',
      'describe this change for the changelog',
      'document the public API',
      'comment this code',
      'write a getting started guide',
    ],
  ),
  route(
    'performance',
    'making code faster or leaner: slow functions and queries, profiling, memory use, caching, algorithmic complexity, bundle size',
    [
      'this is too slow',
      'reduce the memory use',
      'why does this query take ten seconds',
      'speed this up',
      'the page takes forever to load',
      'can we cache this',
    ],
  ),
  route(
    'security',
    'security of code and systems: vulnerabilities, authentication and permissions, secrets, input validation, encryption, dependency advisories, hardening',
    [
      'is this safe against SQL injection',
      'where should I keep the API key',
      'audit this login code',
      'can someone get at other users\' data',
      'how do I store passwords',
      'npm audit reports a critical vulnerability',
    ],
  ),
  route(
    'shell_devops',
    'command line and operations: shell commands and scripts, Docker, Kubernetes, CI pipelines, deployment, servers and cloud infrastructure',
    [
      'find all files larger than 1 GB',
      'write a Dockerfile',
      'the pod keeps restarting',
      'add a step to the pipeline',
      'how do I kill the process on port 3000',
      'deploy this to staging',
    ],
  ),
  route(
    'version_control',
    'git and its hosts: commits and commit messages, branches, merges, rebases, conflicts, history, tags, pull request texts',
    [
      'undo my last commit',
      'resolve this merge conflict',
      'write a commit message',
      'squash these commits',
      'who changed this line',
      'how do I rebase onto main',
    ],
  ),
  route(
    'sql_data',
    'databases and data: SQL queries, schemas, migrations, indexes, ORMs, data frames, data cleaning, analysis and charts',
    [
      'join orders with customers',
      'group this data frame by month',
      'plot a histogram',
      'write a migration that adds a column',
      'select the latest order of each user',
      'remove the duplicate rows',
    ],
  ),
  route(
    'planning_architecture',
    'planning and design before coding: system architecture, choosing technologies, data models and interfaces, breaking work into steps, estimates, trade-offs',
    [
      'how should I structure this project',
      'design an API for bookings',
      'plan the migration to microservices',
      'which database should we use',
      'break this feature into tasks',
      'monorepo or separate repositories',
    ],
  ),
  route(
    'general',
    'small talk and general questions about programming, tools and careers that are not about a concrete programming task',
    [
      'what is new in Python',
      'which book on compilers is good',
      'tabs or spaces',
      'thanks, that helped',
      'what can you do',
      'is it worth learning Rust',
    ],
  ),
];
