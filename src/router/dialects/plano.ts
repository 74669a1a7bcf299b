// Plano-Orchestrator's input format, as Plano sends it (orchestrator_model_v1.rs of 2026-08-19, without skills):
// one route per line with an empty list of parameters, the conversation with an indent of four. The answer is a
// list, {"route": [names]}, empty when none fits; several names when the prompt holds several instructions.
import { OTHER } from '../types';
import {
  INSTRUCTIONS_FIRST_NOTE,
  routeNames,
  type Choice,
  type ContinuedAnswer,
  type Dialect,
  type PromptOrder,
} from './dialect';
import { jsonRoute, jsonText, prettyJsonTurns } from './json';
import { spokenTurns } from './turns';

const OPENING = `
You are a helpful assistant that selects the most suitable routes based on user intent.
You are provided with a list of available routes enclosed within <routes></routes> XML tags:
<routes>
`;

const PARAMETERS = ', "parameters": {"type": "object", "properties": {}, "required": []}';

const CONVERSATION_START = `
You are also given the conversation context enclosed within <conversation></conversation> XML tags:
<conversation>
`;

const INSTRUCTIONS = `
## Instructions
1. Analyze the latest user intent from the conversation.
2. Compare it against the available routes to find which routes can help fulfill the request.
3. Respond only with the exact route names from <routes>.
4. If no routes can help or the intent is already fulfilled, return an empty list.

## Response Format
Return your answer strictly in JSON as follows:
{"route": ["route_name_1", "route_name_2", "..."]}
If no routes are needed, return an empty list for \`route\`.
`;

// The bracket is left to the choices: ` ["` and ` []` are single tokens of Qwen's vocabulary.
const ANSWER_START = '{"route":';
const MOST_ROUTES = 3;

export function plano(order: PromptOrder = 'trained'): Dialect {
  return {
    id: 'plano',
    order,
    conversationTokens: 3000,
    notes: order === 'trained' ? [] : [INSTRUCTIONS_FIRST_NOTE],
    prompt: (input) => {
      const routes = `${OPENING}${input.routes.map((route) => jsonRoute(route, PARAMETERS)).join('\n')}\n</routes>\n`;
      const before = order === 'trained' ? routes : `${routes}${INSTRUCTIONS}`;
      const after = order === 'trained' ? INSTRUCTIONS : '';
      const stablePrefix = `${before}${CONVERSATION_START}`;
      return {
        user: `${stablePrefix}${prettyJsonTurns(spokenTurns(input))}\n</conversation>\n${after}`,
        stablePrefix,
        answerStart: ANSWER_START,
        choices: firstChoices(routeNames(input.routes)),
      };
    },
    more: (named, routes) => {
      const left = routeNames(routes).filter((name) => !named.includes(name));
      return named.length === 0 || named.length >= MOST_ROUTES || left.length === 0 ? undefined : continued(named, left);
    },
  };
}

function firstChoices(names: readonly string[]): Choice[] {
  return [...names.map((route) => ({ text: ` [${jsonText(route)}]}`, route })), { text: ' []}', route: OTHER }];
}

/** After `["a`, either `"]}` or `", "b"]}`: the comma against the bracket says whether a second route is meant. */
function continued(named: readonly string[], left: readonly string[]): ContinuedAnswer {
  const list = named.map(jsonText).join(', ');
  return {
    answerStart: `${ANSWER_START} [${list.slice(0, -1)}`,
    choices: [{ text: '"]}', route: OTHER }, ...left.map((route) => ({ text: `", ${jsonText(route)}]}`, route }))],
    end: 0,
  };
}
