// Words of a text as the lexical evidence sees them: split at case and punctuation, lightly stemmed.

const STOP = new Set(
  (
    'a an the this that these those it its is are was were be been being am do does did doing have has had i me my ' +
    'we our you your he she they them their of to in on at for from with by as and or but if so than then into over ' +
    'about can could would should will shall may might must not no yes please thanks thank hi hello hey just also ' +
    'there here what which who whom how when where why all any some each every such only own same too very up out ' +
    'get got let us using use used user want need like etc eg ie'
  ).split(' '),
);

/** Content words, lower-cased and stemmed, in order, stop words left out. */
export function contentWords(text: string): string[] {
  return splitWords(text)
    .filter((word) => word.length > 1 && !STOP.has(word))
    .map(stem);
}

/** All words in lower case; `parseHTTPRequest_now` gives parse, http, request, now. */
export function splitWords(text: string): string[] {
  const spaced = text
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase();
  return spaced.match(/[\p{L}\p{N}+#]+/gu) ?? [];
}

const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/(?<=.{3})ies$/u, 'y'],
  [/(?<=.{3})(ations?|ating|ated|ates?)$/u, 'at'],
  [/(?<=.{3})(ings?|ed)$/u, ''],
  [/(?<=.{4})(ments?|ness|ers?|ors?)$/u, ''],
  [/(?<=(?:ss|x|ch|sh))es$/u, ''],
  [/(?<=.{3}[^s])s$/u, ''],
];

/** A crude stem: enough that "fixing", "fixed" and "fixes" meet. */
export function stem(word: string): string {
  for (const [ending, replacement] of ENDINGS) {
    if (ending.test(word)) {
      const cut = word.replace(ending, replacement);
      return cut.replace(/([^aeiouls])\1$/u, '$1').replace(/(?<=.{3})e$/u, '');
    }
  }
  return word.replace(/(?<=.{3})e$/u, '');
}
