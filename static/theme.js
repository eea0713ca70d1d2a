// Sets the remembered theme before the page is first painted: a classic script in <head>, because a
// module runs after parsing and the page would flash in the other theme.
(() => {
  const root = document.documentElement;
  const saved = (() => {
    try {
      return localStorage.getItem('roomtone.theme');
    } catch {
      return null; // storage is off: the system's theme it is
    }
  })();
  if (saved === 'light' || saved === 'dark') root.dataset.theme = saved;
})();
