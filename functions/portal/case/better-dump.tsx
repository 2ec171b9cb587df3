/** How to have Windows write a dump that holds the pool, for whoever has only ever taken what it wrote by itself. */
export const BetterDump = () => (
  <details className="better-dump">
    <summary>How to get a dump that can answer</summary>
    <ol>
      <li>
        On the server open <b>System Properties, Advanced, Startup and Recovery, Settings</b> and choose{' '}
        <b>Kernel memory dump</b> (or Automatic). By script: set <code>CrashDumpEnabled</code> to <code>2</code> under{' '}
        <code>HKLM\SYSTEM\CurrentControlSet\Control\CrashControl</code>.
      </li>
      <li>
        See that the page file on the system drive is managed by Windows, or larger than the memory the kernel uses: the
        dump is written into it first.
      </li>
      <li>
        Restart once. At the next crash Windows writes <code>%SystemRoot%\MEMORY.DMP</code>: upload that file as it is.
      </li>
      <li>
        If the server hangs without crashing, start its crash on purpose while pool is full: by NMI from its management
        console, or with Sysinternals NotMyFault.
      </li>
    </ol>
  </details>
)
