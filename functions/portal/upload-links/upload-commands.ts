export type UploadCommand = { readonly title: string; readonly hint: string; readonly text: string }

/**
 * What to type to send a dump through a link, in each place a customer may be. The single PUT of curl takes up to 5 GiB
 * and starts over when the line breaks; it carries the file's SHA-256, which storage verifies.
 */
export const uploadCommands = (origin: string, token: string): UploadCommand[] => [
  {
    title: 'PowerShell',
    hint: 'On the server itself. For dumps up to 5 GiB; a broken line starts it over.',
    text: [
      '$f = Get-Item C:\\Windows\\MEMORY.DMP',
      "$sum = [Convert]::ToBase64String([byte[]] -split ((Get-FileHash $f -Algorithm SHA256).Hash -replace '..', '0x$& '))",
      `$q = "fileName=$([uri]::EscapeDataString($f.Name))&bytes=$($f.Length)&sha256=$([uri]::EscapeDataString($sum))"`,
      `$url = (Invoke-RestMethod -Method Post "${origin}/api/upload-links/${token}/put?$q").Trim()`,
      'curl.exe -f -T $f.FullName -H "If-None-Match: *" -H "x-amz-checksum-sha256: $sum" $url',
    ].join('\n'),
  },
  {
    title: 'curl on Linux or macOS',
    hint: 'For dumps up to 5 GiB; a broken line starts it over.',
    text: [
      'f=MEMORY.DMP',
      'sum=$(openssl dgst -sha256 -binary "$f" | base64)',
      `url=$(curl -fsS -X POST -G "${origin}/api/upload-links/${token}/put" \\`,
      '  --data-urlencode "fileName=$(basename "$f")" --data-urlencode "sha256=$sum" \\',
      '  --data-urlencode "bytes=$(wc -c < "$f" | tr -d " ")")',
      'curl -f -T "$f" -H "If-None-Match: *" -H "x-amz-checksum-sha256: $sum" "$url"',
    ].join('\n'),
  },
  {
    title: 'dumpline',
    hint: 'For dumps of any size: in parallel parts, and resumed by the same command.',
    text: `npx dumpline upload MEMORY.DMP ${origin}/upload/${token}`,
  },
]
