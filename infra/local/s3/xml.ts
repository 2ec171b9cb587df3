/** An element: its name, and text or elements inside. Absent children are left out. */
export type Element = readonly [name: string, content: string | number | readonly (Element | undefined)[]]

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** A whole document in S3's namespace; errors alone have none. */
export const document = (root: Element): string => {
  const attribute = root[0] === 'Error' ? '' : ` xmlns="${namespace}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n${write(root, attribute)}`
}

const write = ([name, content]: Element, attribute = ''): string => {
  const inside = Array.isArray(content)
    ? content.map((child: Element | undefined) => (child === undefined ? '' : write(child))).join('')
    : escapeText(String(content))
  return `<${name}${attribute}>${inside}</${name}>`
}

const escapeText = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: characters that XML can carry only as references
    .replace(/[\u0000-\u001f]/g, (c) => `&#x${c.charCodeAt(0).toString(16)};`)
