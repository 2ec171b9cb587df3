import '@cloudscape-design/global-styles/index.css'
import './styles/colours.css'
import './styles/portal.css'
import './styles/tables.css'
import './styles/cases.css'
import './styles/forms.css'
import './styles/case-life.css'
import './styles/verdict.css'
import './styles/evidence.css'
import './styles/comparison.css'
import './styles/pictures.css'
import './styles/raw-memory.css'
import './styles/dialog.css'
import './styles/upload.css'
import './styles/reprocessing.css'
import './styles/operations.css'
import './styles/identity.css'
import './styles/webhooks.css'
import './styles/print.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router'
import { followSystemColorMode } from './color-mode.ts'
import { router } from './router.tsx'

followSystemColorMode()

const root = document.getElementById('root')
if (root === null) throw new Error('The page has no element to draw into.')
createRoot(root).render(
  <StrictMode>
    <RouterProvider router={router} />
  </StrictMode>,
)
