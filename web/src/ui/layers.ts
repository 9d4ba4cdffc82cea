// What lies over a page, in a file that is loaded with the first of them.
export { Drawer, Modal } from '@mantine/core'
export { notifications, Notifications } from '@mantine/notifications'
