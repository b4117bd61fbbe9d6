// 2^x through the instructions that take numbers apart; the file that includes it has AVX-512.

// To 1 unit in the last place; minus infinity gives 0.
INLINE vf power_of_two(vf x) {
    vf f = (vf)_mm512_reduce_ps((__m512)x, 9);  // x - floor(x)
    vf p = splat(0x1.e97502p-10f);
    p = p * f + 0x1.277854p-7f;
    p = p * f + 0x1.c91ce6p-5f;
    p = p * f + 0x1.ebdb56p-3f;
    p = p * f + 0x1.62e4bap-1f;
    p = p * f + 1.0f;
    return (vf)_mm512_scalef_ps((__m512)p, (__m512)x);
}
