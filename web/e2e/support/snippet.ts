import { snippet as consoleSnippet } from '../../console/src/languages/javascript'

/** The tag that the console gives people to paste, with load options filled in when a test needs some. */
export function snippet(url: string, writeKey: string, options?: object): string {
  const tag = consoleSnippet({ origin: url, writeKey })
  if (!options) return tag
  const call = `analytics.load("${writeKey}");`
  if (!tag.includes(call)) throw new Error('the snippet has no call of load to put options into')
  return tag.replace(call, `analytics.load("${writeKey}", ${JSON.stringify(options)});`)
}
