// A map of a collection: its passages as points, in a colour for each file.
const NAMESPACE = "http://www.w3.org/2000/svg";
const [SIZE, MARGIN] = [320, 12];

/** Draws points into an element; `choose` is called with the one that a person points at. */
export function drawMap(place, points, choose) {
    const files = [...new Set(points.map(({ path }) => path))];
    const scale = (key) => {
        const values = points.map((point) => point[key]);
        const [least, most] = [Math.min(...values), Math.max(...values)];
        return (value) => MARGIN + (SIZE - 2 * MARGIN) * (most > least ? (value - least) / (most - least) : 0.5);
    };
    const [across, down] = [scale("x"), scale("y")];
    const picture = document.createElementNS(NAMESPACE, "svg");
    picture.setAttribute("viewBox", `0 0 ${SIZE} ${SIZE}`);
    picture.setAttribute("role", "group");
    picture.setAttribute("aria-label", `${points.length} passages`);
    for (const point of points) {
        const circle = document.createElementNS(NAMESPACE, "circle");
        circle.setAttribute("cx", across(point.x).toFixed(1));
        circle.setAttribute("cy", (SIZE - down(point.y)).toFixed(1));
        circle.setAttribute("r", points.length > 500 ? 2.5 : 5);
        // Golden angle: colours of files that follow each other differ most.
        circle.setAttribute("fill", `hsl(${(files.indexOf(point.path) * 137.5) % 360} 55% 50%)`);
        circle.setAttribute("tabindex", 0);
        circle.setAttribute("aria-label", `${point.path} ${point.location}`);
        for (const event of ["click", "focus", "mouseenter"]) circle.addEventListener(event, () => choose(point));
        picture.append(circle);
    }
    place.replaceChildren(picture);
}
