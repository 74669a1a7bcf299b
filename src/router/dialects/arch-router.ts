// Arch-Router's input format: the model card of katanemo/Arch-Router-1.5B (arXiv 2506.16655) and, with the same
// words, archgw's router_model_v1.rs of 2025-12-26. The wording, its slips and its blank lines are what the model
// was trained on, so they stay as they are; the answer is {"route": name}, `other` when none fits.
import { OTHER } from '../types';
import {
  INSTRUCTIONS_FIRST_NOTE,
  routeNames,
  type Choice,
  type Dialect,
  type PromptOrder,
} from './dialect';
import { jsonRoute, jsonText, jsonTurns } from './json';
import { spokenTurns } from './turns';

const OPENING = `
You are a helpful assistant designed to find the best suited route.
You are provided with route description within <routes></routes> XML tags:
<routes>

`;

// The two spaces at line ends are the card's.
const INSTRUCTIONS = `
Your task is to decide which route is best suit with user intent on the conversation in <conversation></conversation> XML tags.  Follow the instruction:
1. If the latest intent from user is irrelevant or user intent is full filled, response with other route {"route": "other"}.
2. You must analyze the route descriptions and find the best match route for user latest intent.${' '}
3. You only response the name of the route that best matches the user's request, use the exact name in the <routes></routes>.

Based on your analysis, provide your response in the following JSON formats if you decide to match any route:
{"route": "route_name"}${' '}
`;

const CONVERSATION_START = '\n<conversation>\n\n';
const CONVERSATION_END = '\n\n</conversation>\n';

/** Qwen2.5's template puts this in by itself when there is no system message, so the model has always seen it. */
const QWEN25_SYSTEM = 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.';

export const ONE_ROUTE_START = '{"route": "';

/** `name"}` for each route and `other`, as they follow `{"route": "`. */
export function oneRouteChoices(names: readonly string[]): Choice[] {
  return [...names, OTHER].map((route) => ({ text: `${jsonText(route).slice(1)}}`, route }));
}

export function archRouter(order: PromptOrder = 'trained'): Dialect {
  return {
    id: 'arch-router',
    order,
    conversationTokens: 1500,
    notes: order === 'trained' ? [] : [INSTRUCTIONS_FIRST_NOTE],
    prompt: (input) => {
      const routes = `${OPENING}[${input.routes.map((route) => jsonRoute(route)).join(', ')}]\n\n</routes>\n`;
      const before = order === 'trained' ? routes : `${routes}${INSTRUCTIONS}`;
      const after = order === 'trained' ? INSTRUCTIONS : '';
      const stablePrefix = `${before}${CONVERSATION_START}`;
      return {
        templateSystem: QWEN25_SYSTEM,
        user: `${stablePrefix}${jsonTurns(spokenTurns(input))}${CONVERSATION_END}${after}`,
        stablePrefix,
        answerStart: ONE_ROUTE_START,
        choices: oneRouteChoices(routeNames(input.routes)),
      };
    },
  };
}
