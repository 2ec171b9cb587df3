import { lazy, Suspense } from 'react'
import { createBrowserRouter, Outlet } from 'react-router'
import { AllowedPage } from './identity/allowed.tsx'
import { SignedInOnly } from './identity/signed-in-only.tsx'
import { Loading } from './loading.tsx'
import { RouteProblem } from './route-problem.tsx'
import { Shell } from './shell.tsx'

const CaseListPage = lazy(() => import('./cases/case-list-page.tsx'))
const NewCasePage = lazy(() => import('./cases/new-case-page.tsx'))
const UploadPage = lazy(() => import('./upload/upload-page.tsx'))
const SendPage = lazy(() => import('./upload-links/send-page.tsx'))
const CasePage = lazy(() => import('./case/case-page.tsx'))
const SignedInPage = lazy(() => import('./identity/signed-in-page.tsx'))
const SignedOutPage = lazy(() => import('./identity/signed-out-page.tsx'))
const ComparisonPage = lazy(() => import('./comparison/comparison-page.tsx'))
const VendorReportPage = lazy(() => import('./vendor/vendor-report-page.tsx'))
const BatchListPage = lazy(() => import('./reprocessing/batch-list-page.tsx'))
const NewBatchPage = lazy(() => import('./reprocessing/new-batch-page.tsx'))
const BatchPage = lazy(() => import('./reprocessing/batch-page.tsx'))
const OperationsPage = lazy(() => import('./operations/operations-page.tsx'))
const WebhooksPage = lazy(() => import('./webhooks/webhooks-page.tsx'))
const NotFoundPage = lazy(() => import('./not-found-page.tsx'))

/** Each page is a chunk of its own, so that the first one loads no more than it shows. */
export const router = createBrowserRouter([
  {
    // Pages for who is not signed in.
    element: (
      <Suspense fallback={<Loading what="the page" />}>
        <Outlet />
      </Suspense>
    ),
    errorElement: <RouteProblem />,
    children: [
      { path: 'upload/:token', element: <SendPage /> },
      { path: 'signed-in', element: <SignedInPage /> },
      { path: 'signed-out', element: <SignedOutPage /> },
      { path: 'vendor/:token', element: <VendorReportPage /> },
    ],
  },
  {
    element: (
      <SignedInOnly>
        <Shell />
      </SignedInOnly>
    ),
    errorElement: (
      <Shell>
        <RouteProblem />
      </Shell>
    ),
    children: [
      { index: true, element: <CaseListPage /> },
      {
        path: 'upload',
        element: (
          <AllowedPage permission="cases:write">
            <UploadPage />
          </AllowedPage>
        ),
      },
      {
        path: 'cases/new',
        element: (
          <AllowedPage permission="cases:write">
            <NewCasePage />
          </AllowedPage>
        ),
      },
      { path: 'cases/:caseId', element: <CasePage /> },
      { path: 'cases/:caseId/compare', element: <ComparisonPage /> },
      { path: 'reprocessing', element: <BatchListPage /> },
      {
        path: 'reprocessing/new',
        element: (
          <AllowedPage permission="reprocessing:run">
            <NewBatchPage />
          </AllowedPage>
        ),
      },
      { path: 'reprocessing/:batchId', element: <BatchPage /> },
      {
        path: 'operations',
        element: (
          <AllowedPage permission="operations:run">
            <OperationsPage />
          </AllowedPage>
        ),
      },
      {
        path: 'settings/webhooks',
        element: (
          <AllowedPage permission="tenant:write">
            <WebhooksPage />
          </AllowedPage>
        ),
      },
      { path: '*', element: <NotFoundPage /> },
    ],
  },
])
