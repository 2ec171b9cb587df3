import { lazy } from 'react'
import { createBrowserRouter } from 'react-router'
import { RouteProblem } from './route-problem.tsx'
import { Shell } from './shell.tsx'

const CaseListPage = lazy(() => import('./cases/case-list-page.tsx'))
const UploadPage = lazy(() => import('./upload/upload-page.tsx'))
const CasePage = lazy(() => import('./case/case-page.tsx'))
const ComparisonPage = lazy(() => import('./comparison/comparison-page.tsx'))
const NotFoundPage = lazy(() => import('./not-found-page.tsx'))

/** Each page is a chunk of its own, so that the first one loads no more than it shows. */
export const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: (
      <Shell>
        <RouteProblem />
      </Shell>
    ),
    children: [
      { index: true, element: <CaseListPage /> },
      { path: 'upload', element: <UploadPage /> },
      { path: 'cases/:caseId', element: <CasePage /> },
      { path: 'cases/:caseId/compare', element: <ComparisonPage /> },
      { path: '*', element: <NotFoundPage /> },
    ],
  },
])
