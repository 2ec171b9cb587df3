/** Has the browser save a text as a file. */
export const saveFile = (name: string, mediaType: string, text: string): void => {
  const url = URL.createObjectURL(new Blob([text], { type: `${mediaType};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to save by the next turn of its loop; some take the address a moment later.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
