// Every command, once. package.json's `contributes.commands` is made from this table (scripts/manifest.mjs),
// so it imports nothing.

export interface CommandRow {
  readonly id: string;
  readonly title: string;
  readonly icon?: string;
  /** `when` of the command palette. */
  readonly when?: string;
  /** Not in the palette: buttons and links run it with arguments. */
  readonly internal?: true;
  /** Its key, and when it holds. */
  readonly keybinding?: { readonly key: string; readonly mac: string; readonly when: string };
}

/** Ghost text of ours is on screen. */
const OFFERED = 'inlineSuggestionVisible && fairlead.completionOffered && editorTextFocus && !editorReadonly';

export const CATEGORY = 'Fairlead';

const rows = {
  connectServer: { id: 'fairlead.connectServer', title: 'Connect a Model Server…', icon: '$(plug)' },
  storeApiKey: { id: 'fairlead.storeApiKey', title: 'Store an API Key…', icon: '$(key)' },
  removeApiKey: { id: 'fairlead.removeApiKey', title: 'Remove an API Key…' },
  findModels: { id: 'fairlead.findModels', title: 'Find Models on This Machine', icon: '$(search)' },
  downloadModel: { id: 'fairlead.downloadModel', title: 'Download a Local Model…', icon: '$(cloud-download)' },
  pullModel: { id: 'fairlead.pullModel', title: 'Pull an Ollama Model…', icon: '$(cloud-download)' },
  removeModel: { id: 'fairlead.removeModel', title: 'Remove a Local Model…' },
  routeText: { id: 'fairlead.routeText', title: 'Route a Text (Dry Run)…', icon: '$(milestone)' },
  importRoutes: { id: 'fairlead.importRoutes', title: 'Import Routes from Plano…' },
  exportRoutes: { id: 'fairlead.exportRoutes', title: 'Export Routes for Plano' },
  correctRoute: { id: 'fairlead.correctRoute', title: 'This Belongs to Another Route…', icon: '$(arrow-swap)' },
  forgetCorrections: { id: 'fairlead.forgetCorrections', title: 'Forget Route Corrections…' },
  whatMayLeave: { id: 'fairlead.whatMayLeave', title: 'What May Leave This Machine?', icon: '$(shield)' },
  showLastDecision: { id: 'fairlead.showLastDecision', title: 'Show Last Decision', icon: '$(milestone)' },
  showSpending: { id: 'fairlead.showSpending', title: 'Show Spending', icon: '$(credit-card)' },
  exportLedger: { id: 'fairlead.exportLedger', title: 'Export Ledger as CSV…' },
  toggleInline: { id: 'fairlead.toggleInline', title: 'Toggle Inline Completions' },
  inlinePause: { id: 'fairlead.inlinePause', title: 'Pause Inline Completions for Five Minutes, or Go On', icon: '$(debug-pause)' },
  inlineTrigger: { id: 'fairlead.inlineTrigger', title: 'Complete Here Now', when: 'editorIsOpen' },
  inlineWhy: { id: 'fairlead.inlineWhy', title: 'Why This Completion?', icon: '$(question)' },
  inlineTakeWord: {
    id: 'fairlead.inlineTakeWord',
    title: 'Accept Next Word of Completion',
    when: 'editorIsOpen',
    keybinding: { key: 'ctrl+right', mac: 'cmd+right', when: OFFERED },
  },
  inlineTakeLine: {
    id: 'fairlead.inlineTakeLine',
    title: 'Accept Next Line of Completion',
    when: 'editorIsOpen',
    keybinding: { key: 'ctrl+alt+right', mac: 'cmd+alt+right', when: OFFERED },
  },
  inlineRefuse: {
    id: 'fairlead.inlineRefuse',
    title: 'Do Not Suggest This Again',
    when: 'editorIsOpen',
    keybinding: { key: 'shift+escape', mac: 'shift+escape', when: OFFERED },
  },
  showOutput: { id: 'fairlead.showOutput', title: 'Show Output', icon: '$(output)' },
  openSettings: { id: 'fairlead.openSettings', title: 'Open Settings', icon: '$(gear)' },
  openWalkthrough: { id: 'fairlead.openWalkthrough', title: 'Open Walkthrough', icon: '$(compass)' },
  showDecision: { id: 'fairlead.showDecision', title: 'Why This Model?', internal: true },
  helpful: { id: 'fairlead.helpful', title: 'Helpful', internal: true },
  unhelpful: { id: 'fairlead.unhelpful', title: 'Unhelpful', internal: true },
  inlineDismiss: {
    id: 'fairlead.inlineDismiss',
    title: 'Hide Completion',
    internal: true,
    // Whoever edits with the keys of Vim leaves a mode with it.
    keybinding: { key: 'escape', mac: 'escape', when: `${OFFERED} && !suggestWidgetVisible && !vim.active && !neovim.init` },
  },
  inlineAccepted: { id: 'fairlead.inlineAccepted', title: 'Completion Accepted', internal: true },
} as const satisfies Record<string, CommandRow>;

export type CommandName = keyof typeof rows;

/** Those that completion-commands.ts registers. */
export type InlineCommand = 'toggleInline' | 'inlinePause' | 'inlineTrigger' | 'inlineWhy' | 'inlineTakeWord' | 'inlineTakeLine' | 'inlineRefuse' | 'inlineDismiss' | 'inlineAccepted';

/** Those that local-models.ts registers. */
export type LocalModelCommand = 'downloadModel' | 'removeModel';

/** The one that ollama-pull.ts registers. */
export type OllamaCommand = 'pullModel';

/** Those that spending.ts registers. */
export type SpendingCommand = 'showSpending' | 'exportLedger';

/** The one that privacy-view.ts registers. */
export type PrivacyCommand = 'whatMayLeave';

export const commands: Readonly<Record<CommandName, CommandRow>> = rows;
