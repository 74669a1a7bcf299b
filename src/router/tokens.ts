// Token counts without a tokenizer: cheap, local and a little too high on purpose.
import type { Message, Part, ToolDefinition } from './ports';

/** About what an image of 1024 x 1024 costs: 765 with OpenAI (high detail), 1,400 with Anthropic, 1,024 with Qwen-VL. */
const IMAGE_TOKENS = 1024;
/** Role and marks around a message. */
const MESSAGE_TOKENS = 4;

/** Estimated tokens of a text. Code and English run near 3.6 characters a token, CJK near 1.2. */
export function estimateTokens(text: string): number {
  let wide = 0;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x2e7f) wide += 1;
  return Math.ceil((text.length - wide) / 3.6 + wide / 1.2);
}

/** Estimated tokens of a whole prompt, images and tool definitions included. */
export function countTokens(messages: readonly Message[], tools: readonly ToolDefinition[] = []): number {
  const spoken = messages.reduce((sum, message) => sum + MESSAGE_TOKENS + sumOf(message.parts), 0);
  return spoken + (tools.length > 0 ? estimateTokens(JSON.stringify(tools)) : 0);
}

function sumOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => {
    if (part.type === 'image') return sum + IMAGE_TOKENS;
    if (part.type === 'tool_call') return sum + estimateTokens(part.name + JSON.stringify(part.input ?? {}));
    return sum + estimateTokens(part.text);
  }, 0);
}
