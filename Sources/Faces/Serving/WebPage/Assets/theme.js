// A classic script in the head, so that the page never flashes in the wrong colours before the modules load.
(function () {
    const key = "swiftlet.theme";
    const system = matchMedia("(prefers-color-scheme: dark)");

    function stored() {
        try {
            return localStorage.getItem(key);
        } catch {
            return null;
        }
    }

    function apply(theme) {
        if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
        else delete document.documentElement.dataset.theme;
    }

    apply(stored());

    window.toggleTheme = function () {
        const current = document.documentElement.dataset.theme || (system.matches ? "dark" : "light");
        const next = current === "dark" ? "light" : "dark";
        // Choosing what the system has means following the system again.
        const follows = next === (system.matches ? "dark" : "light");
        apply(follows ? null : next);
        try {
            if (follows) localStorage.removeItem(key);
            else localStorage.setItem(key, next);
        } catch {
            // Without storage the choice lasts until the page is closed.
        }
    };
})();
