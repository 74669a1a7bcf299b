// The routes of a fresh install. Descriptions are noun-centred and disjoint, as Arch-Router's authors advise
// (model card, "usage"); a user's own list replaces them.
import type { SettingRoute } from './settings';

function route(name: string, description: string, examples: readonly string[]): SettingRoute {
  return { name, description, examples, models: [], origin: 'default' };
}

export const defaultRoutes: readonly SettingRoute[] = [
  route(
    'code_generation',
    'writing new code: functions, classes, components, endpoints, scripts and boilerplate from a request in words, and translating code to another language',
    ['write a function that parses ISO dates', 'add an endpoint for uploading avatars', 'implement this interface'],
  ),
  route(
    'bug_fixing',
    'finding and fixing errors in existing code: crashes, exceptions, stack traces, wrong output, failing tests and broken builds',
    ['why do I get a KeyError here', 'this still does not work', 'the build fails with this message'],
  ),
  route(
    'code_explanation',
    'explaining how existing code, an error message, a library or a programming concept works',
    ['what does this function do', 'how does the event loop work', 'walk me through this file'],
  ),
  route(
    'code_review',
    'reviewing code or a diff: judging quality, naming, style and risks, and commenting on a pull request',
    ['review my changes', 'what do you think of this class', 'any problems with this PR'],
  ),
  route(
    'refactoring',
    'restructuring working code without changing what it does: extracting, renaming, simplifying, removing duplication, modernising, adding types',
    ['split this class', 'make this more readable', 'convert this to async/await'],
  ),
  route(
    'testing',
    'writing and improving tests: unit, integration and end-to-end tests, mocks, fixtures and coverage',
    ['write tests for this', 'mock the database here', 'which cases are not covered'],
  ),
  route(
    'documentation',
    'writing documentation: docstrings, comments, README files, API references, changelogs and commit or release texts',
    ['add docstrings', 'write a README', 'describe this change for the changelog'],
  ),
  route(
    'performance',
    'making code faster or leaner: profiling, slow functions and queries, memory use, caching, algorithmic complexity',
    ['this is too slow', 'reduce the memory use', 'why does this query take ten seconds'],
  ),
  route(
    'security',
    'security of code: vulnerabilities, authentication and permissions, secrets, input validation, encryption, dependency advisories',
    ['is this safe against SQL injection', 'where should I keep the API key', 'audit this login code'],
  ),
  route(
    'shell_devops',
    'command line and operations: shell commands and scripts, Docker, Kubernetes, CI pipelines, deployment, servers, git',
    ['find all files larger than 1 GB', 'write a Dockerfile', 'undo my last commit'],
  ),
  route(
    'sql_data',
    'databases and data: SQL queries, schemas, migrations, data frames, data cleaning, analysis and charts',
    ['join orders with customers', 'group this data frame by month', 'plot a histogram'],
  ),
  route(
    'planning_architecture',
    'planning and design: system architecture, choosing technologies, breaking work into steps, data models and interfaces before code',
    ['how should I structure this project', 'design an API for bookings', 'plan the migration to microservices'],
  ),
  route(
    'general',
    'questions about programming, tools and careers that need no work on the code at hand',
    ['what is new in Python', 'which book on compilers is good', 'tabs or spaces'],
  ),
];
