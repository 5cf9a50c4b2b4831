// The service worker that shows a page. It stores nothing, answers no request, and shows only the words that the server sent.

self.addEventListener("push", (event) => {
  const { title, body, url } = event.data.json();
  const options = { body, tag: "page", renotify: true, requireInteraction: true, data: { url } };
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

async function open(path) {
  const address = new URL(path, self.location.origin).href;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => page.url === address);
  return there ? there.focus() : self.clients.openWindow(address);
}
