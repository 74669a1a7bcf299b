// Chat templates (Jinja) as model files carry them, cut down to what the tests need.

/** As Qwen2.5 has it: tools in the system turn, calls in tags, results in a user's turn. */
export const QWEN_TOOLS_TEMPLATE = [
  `{%- if tools %}{{- '<|im_start|>system\\n' }}{%- if messages[0]['role'] == 'system' %}{{- messages[0]['content'] }}{%- endif %}`,
  `{{- "\\n\\n# Tools\\n<tools>" }}{%- for tool in tools %}{{- "\\n" }}{{- tool | tojson }}{%- endfor %}{{- "\\n</tools><|im_end|>\\n" }}`,
  `{%- elif messages[0]['role'] == 'system' %}{{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}{%- endif %}`,
  `{%- for message in messages %}`,
  `{%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}`,
  `{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}`,
  `{%- elif message.role == "assistant" %}{{- '<|im_start|>' + message.role }}{%- if message.content %}{{- '\\n' + message.content }}{%- endif %}`,
  `{%- for tool_call in message.tool_calls %}{%- if tool_call.function is defined %}{%- set tool_call = tool_call.function %}{%- endif %}`,
  `{{- '\\n<tool_call>\\n{"name": "' }}{{- tool_call.name }}{{- '", "arguments": ' }}{{- tool_call.arguments | tojson }}{{- '}\\n</tool_call>' }}{%- endfor %}`,
  `{{- '<|im_end|>\\n' }}`,
  `{%- elif message.role == "tool" %}{%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}{{- '<|im_start|>user' }}{%- endif %}`,
  `{{- '\\n<tool_response>\\n' }}{{- message.content }}{{- '\\n</tool_response>' }}`,
  `{%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}{{- '<|im_end|>\\n' }}{%- endif %}{%- endif %}{%- endfor %}`,
  `{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}`,
].join('');

/** Thoughts in tags before the answer; those of earlier turns are left out. Not ChatML: the library takes that for it. */
export const THINKING_TEMPLATE = [
  `{%- for message in messages %}{%- set content = message.content %}`,
  `{%- if message.role == "assistant" and '</think>' in content %}{%- set content = content.split('</think>')[-1] %}{%- endif %}`,
  `{{- '<|im_start|>' + message.role + ':\\n' + content + '<|im_end|>' + '\\n' }}{%- endfor %}`,
  `{%- if add_generation_prompt %}{{- '<|im_start|>assistant:\\n' }}{%- endif %}`,
].join('');
