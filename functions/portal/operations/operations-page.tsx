import Button from '@cloudscape-design/components/button'
import { formatTimestamp } from '../format/time.ts'
import { useNow } from '../format/use-now.ts'
import { Loading } from '../loading.tsx'
import { getCost, getDeadLetters, getFailures, getQueues, getUnderWay, getVersions } from './client.ts'
import { CostSection } from './cost-section.tsx'
import { DeadLettersSection } from './dead-letters-section.tsx'
import { FailuresSection } from './failures-section.tsx'
import { QueuesSection } from './queues-section.tsx'
import { RunningSection } from './running-section.tsx'
import { StandingSection } from './standing-section.tsx'
import { troublesOf } from './trouble.ts'
import { useFigures } from './use-figures.ts'
import { VersionsSection } from './versions-section.tsx'

const soonMs = 10_000
const seldomMs = 5 * 60_000

const firstFailures = (signal: AbortSignal) => getFailures(null, signal)

/** For whoever is on call: what is wrong first, then what can be done about it, then everything else. */
export default function OperationsPage() {
  const queues = useFigures(getQueues, soonMs)
  const letters = useFigures(getDeadLetters, soonMs)
  const failures = useFigures(firstFailures, soonMs)
  const underWay = useFigures(getUnderWay, soonMs)
  const cost = useFigures(getCost, seldomMs)
  const versions = useFigures(getVersions, seldomMs)
  const now = useNow(5000)

  const parts = [
    { name: 'queues and dead letters', figures: queues },
    { name: 'failures', figures: failures },
    { name: 'what is under way', figures: underWay },
  ]
  const isKnown = parts.every(({ figures: { value, error } }) => value !== undefined || error !== undefined)
  const unknown = parts.filter(({ figures }) => figures.error !== undefined).map(({ name }) => name)
  const troubles = troublesOf(
    {
      queues: queues.value,
      failures: failures.value?.failures,
      moreFailures: typeof failures.value?.nextCursor === 'string',
      analyses: underWay.value?.analyses,
    },
    now,
  )
  const all = [queues, letters, failures, underWay, cost, versions]
  const takenAt = queues.value?.takenAt
  return (
    <>
      <title>Operations · dumpline</title>
      <div className="page-head">
        <h1>Operations</h1>
        <div className="actions">
          {takenAt !== undefined && (
            <span className="quiet">
              Figures of <time dateTime={takenAt}>{formatTimestamp(takenAt).slice(11)}</time>, every 10 s
            </span>
          )}
          <Button iconName="refresh" onClick={() => all.map((each) => each.refresh())}>
            Refresh
          </Button>
        </div>
      </div>
      {isKnown ? <StandingSection troubles={troubles} unknown={unknown} /> : <Loading what="how it stands" />}
      <DeadLettersSection
        queues={queues}
        report={letters}
        now={now}
        sent={() => [queues, letters, failures, underWay].map((each) => each.refresh())}
      />
      <FailuresSection figures={failures} now={now} />
      <RunningSection figures={underWay} now={now} />
      <QueuesSection figures={queues} now={now} />
      <CostSection figures={cost} />
      <VersionsSection figures={versions} now={now} />
    </>
  )
}
