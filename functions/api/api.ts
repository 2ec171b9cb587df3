import type { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import httpRouter from '@middy/http-router'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { z } from 'zod'
import { Health } from '../../shared/cases/api.ts'
import { describeError } from '../aws/describe-error.ts'
import { analysisRoutes } from './cases/analyses.ts'
import { caseGroupRoutes } from './cases/case-groups.ts'
import { caseHistoryRoutes } from './cases/case-history.ts'
import { caseLifeRoutes } from './cases/case-life.ts'
import { caseSearchRoutes } from './cases/case-search.ts'
import { caseRoutes } from './cases/cases.ts'
import { fullScanRoutes } from './cases/full-scan.ts'
import { noteRoutes } from './cases/notes.ts'
import { retentionRoutes } from './cases/retention.ts'
import { dispatcher } from './dispatch.ts'
import { identityRoutes } from './identity.ts'
import { openApi } from './openapi.ts'
import { operationsRoutes } from './operations/operations.ts'
import { reprocessingRoutes } from './operations/reprocessing.ts'
import type { ApiPorts } from './ports.ts'
import { ProblemError, problemResponse } from './problem.ts'
import { comparisonRoutes } from './reports/comparison.ts'
import { rawDumpRoutes } from './reports/raw-dumps.ts'
import { reportRoutes } from './reports/reports.ts'
import { sharedReportRoutes } from './reports/shared-reports.ts'
import { vendorLinkRoutes } from './reports/vendor-links.ts'
import { type Route, route } from './route.ts'
import { linkUploadRoutes } from './uploads/link-uploads.ts'
import { uploadLinkRoutes } from './uploads/upload-links.ts'
import { uploadRoutes } from './uploads/uploads.ts'
import { webhookRoutes } from './webhooks.ts'

const generalRoutes = [
  route({
    method: 'GET',
    path: '/health',
    permission: null,
    summary: 'Whether the API answers, and with which engine',
    status: 200,
    response: Health,
    run: async (_request, { engineVersion }) => ({ value: { status: 'ok', engineVersion } }),
  }),
  route({
    method: 'GET',
    path: '/openapi.json',
    permission: null,
    summary: 'This description',
    status: 200,
    response: z.looseObject({ openapi: z.string() }),
    run: async (_request, { engineVersion, identity }) => ({
      value: openApi(routes, engineVersion, identity.signIn.issuer),
    }),
  }),
]

export const routes: readonly Route[] = [
  ...generalRoutes,
  ...identityRoutes,
  ...caseRoutes,
  ...caseSearchRoutes,
  ...caseLifeRoutes,
  ...retentionRoutes,
  ...noteRoutes,
  ...caseHistoryRoutes,
  ...caseGroupRoutes,
  ...uploadRoutes,
  ...uploadLinkRoutes,
  ...linkUploadRoutes,
  ...analysisRoutes,
  ...fullScanRoutes,
  ...comparisonRoutes,
  ...reportRoutes,
  ...vendorLinkRoutes,
  ...sharedReportRoutes,
  ...rawDumpRoutes,
  ...reprocessingRoutes,
  ...webhookRoutes,
  ...operationsRoutes,
]

/** The HTTP API as a Lambda handler (payload format 2.0). Whatever goes wrong is answered with a problem document. */
export const apiHandler = (ports: ApiPorts, logger: Logger) => {
  const dispatch = dispatcher(ports)
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use({
      onError: (request) => {
        const { error } = request
        if (!(error instanceof ProblemError)) logger.error('A request failed.', { problem: describeError(error) })
        const problem = error instanceof ProblemError ? error.problem : null
        const retryAfter = error instanceof ProblemError ? error.retryAfterSeconds : null
        request.response = problemResponse(problem, request.event.rawPath, retryAfter)
      },
    })
    .handler(
      httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
        routes: routes.map((route) => ({
          method: route.method,
          path: `/api${route.path}`,
          handler: (event: APIGatewayProxyEventV2) => dispatch(route, event),
        })),
        notFoundResponse: ({ method, path }) => {
          throw new ProblemError(404, 'no-such-path', 'Not found', `The API has no ${method} ${path}.`)
        },
      }),
    )
}
